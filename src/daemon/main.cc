#include "cli/cli.h"
#include "daemon/daemon.h"

// Read by jemalloc (docs/decisions/0014): what a burst took goes back within seconds, by a thread that sleeps
// otherwise.
extern "C" {
extern const char* const malloc_conf;
const char* const malloc_conf =
    "background_thread:true,max_background_threads:1,narenas:2,dirty_decay_ms:1000,muzzy_decay_ms:0";
}

int main(int argc, char** argv) { return aright::cli::run(argc, argv, {aright::daemon::serve, aright::daemon::fix}); }
