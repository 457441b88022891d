#include "driver/notify/syslog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aright::driver {
namespace {

TEST(Syslog, AServerThatIsNoDestinationIsNamedAsWhatItIs) {
  const auto nobody = [](const std::string& host, Nanos /*limit*/) -> Result<std::vector<Ip>> {
    return fail(Errc::not_found, host);
  };
  for (const auto& [way, scheme] : {std::pair(SyslogNotifier::Way::udp, "udp"), {SyslogNotifier::Way::tcp, "tcp"}}) {
    const SyslogNotifier how{.way = way, .host = "127.0.0.1", .port = 9914};
    const auto told = write_to_syslog(how, {}, {}, nobody, std::chrono::seconds{1});
    ASSERT_FALSE(told);
    EXPECT_THAT(told.error().message,
                testing::StartsWith(std::string(scheme) + "://127.0.0.1:9914 is not among the destinations"));
    EXPECT_EQ(told.error().retry, Retry::yes);
  }
}

}  // namespace
}  // namespace aright::driver
