// What becomes code, or the program to start, in arguments as written.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "driver/exec/code.h"

namespace aright::driver {
namespace {

using Arguments = std::vector<std::string>;
constexpr const char* filled = "${ event.host }";

TEST(Code, IsFoundByTable) {
  const std::vector<std::pair<Arguments, std::size_t>> table{
      {{"/usr/bin/timeout", "5", "/usr/bin/dash", "-c", "true"}, 3},
      {{"/usr/bin/env", "sh", "-ec", "true"}, 2},
      {{"/usr/bin/nice", "bash", "-lc", "true"}, 2},
      {{"/usr/bin/xargs", "sh", "-c", "true"}, 2},
      {{"/usr/bin/python3.11", "-c", std::string("print('") + filled + "')"}, 2},
      {{"/usr/bin/python3", "-Ic", filled}, 2},
      {{"/usr/bin/perl", "-e", filled}, 2},
      {{"/usr/bin/perl", "-pe", filled, "/tmp/x"}, 2},
      {{"/usr/bin/perl", std::string("-e") + filled}, 1},
      {{"/usr/bin/node", std::string("--eval=") + filled}, 1},
      {{"/usr/bin/node", "--eval", filled}, 2},
      {{"/usr/bin/su", "www-data", "-c", filled}, 3},
      {{"/usr/bin/timeout", "5", "/usr/bin/perl", "-e", filled}, 4},
      {{"/usr/bin/sed", "-i", std::string("s/x/") + filled + "/", "/etc/x"}, 2},
      {{"/usr/bin/sed", "-n", "-e", filled, "/etc/x"}, 3},
      {{"/usr/bin/awk", filled}, 1},
      {{"/usr/bin/ssh", "web1", "systemctl", "restart", filled}, 4},
      {{"/usr/bin/timeout", "5", "/usr/bin/ssh", filled}, 3},
      {{"/usr/bin/env", filled}, 1},
      {{"/usr/bin/timeout", "5", filled}, 2},
      {{"/usr/bin/sudo", "-u", filled, "/usr/bin/id"}, 2},
      {{"/usr/bin/env", "/usr/bin/nohup", filled}, 2}};
  for (const auto& [arguments, at] : table) {
    const auto found = code_in(arguments);
    ASSERT_TRUE(found) << arguments[0] << " " << arguments[1];
    EXPECT_EQ(found->argument, at) << arguments[0] << ": " << found->why;
  }
}

TEST(Code, IsNotWhereTextStaysText) {
  const std::vector<Arguments> table{
      {"/usr/bin/logger", filled},
      {"/usr/bin/grep", "-e", filled, "/var/log/syslog"},
      {"/usr/bin/python3", "/opt/answer.py", filled},
      {"/usr/bin/python3", "-c", "import sys; print(sys.argv)", filled},
      {"/usr/bin/perl", "-e", "print @ARGV", filled},
      {"/usr/bin/timeout", "5", "/usr/sbin/iptables", "-A", "INPUT", "-s", filled, "-j", "DROP"},
      {"/usr/bin/awk", "-f", "/opt/x.awk", "-v", std::string("host=") + filled, "/etc/hosts"},
      {"/usr/bin/sed", "s/a/b/", filled},
      {"/usr/bin/apt-get", "install", "bash", "-y"},
      {"/usr/bin/env", "/bin/sh", "/opt/x.sh", filled},
      {"/usr/bin/true"},
      {}};
  for (const auto& arguments : table) {
    const auto found = code_in(arguments);
    EXPECT_FALSE(found) << arguments[0] << ": " << found->why;
  }
}

TEST(Code, AShellIsFoundAlsoInWhatAnEventFilledIn) {
  EXPECT_TRUE(shell_code_in(Arguments{"/opt/start", "/bin/sh", "-c", "reboot"}));
  EXPECT_FALSE(shell_code_in(Arguments{"/usr/bin/logger", "cost ${ 5 }", "sh", "x"}));
}

}  // namespace
}  // namespace aright::driver
