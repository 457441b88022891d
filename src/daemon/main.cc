#include "cli/cli.h"
#include "daemon/daemon.h"

int main(int argc, char** argv) { return aright::cli::run(argc, argv, {aright::daemon::serve, aright::daemon::fix}); }
