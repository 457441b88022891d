#include "guard/own_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aright::guard {
namespace {

constexpr std::uint64_t own_process = 4242;

std::string said_of_name(const std::string& text, const std::string& written = "${ event.x }") {
  return own_name_in(text, written, own_process);
}

TEST(OwnNames, OfTheProgramAndItsUnit) {
  EXPECT_EQ(said_of_name("aright"), "names aright, which is Aright itself");
  EXPECT_EQ(said_of_name("/usr/bin/aright"), "names /usr/bin/aright, which is Aright itself");
  for (const char* name :
       {"aright.service", " aright\n", "/usr/bin/aright/", "/usr/bin/aright/.", "./aright", "--unit=aright",
        "--unit=aright.service", "-uaright", "-p/usr/bin/aright", "sshd,aright", "unit:aright", "aright:adm",
        "\"aright\"", "(aright)", "/etc/systemd/system/aright.service", "aright=off", "aright;true"}) {
    EXPECT_THAT(said_of_name(name), testing::HasSubstr("Aright itself")) << name;
  }
}

TEST(OwnNames, OfTheProcess) {
  EXPECT_EQ(said_of_name("4242"), "names process 4242, which is Aright itself");
  for (const char* name : {"-4242", "+4242", "04242", "/proc/4242", "/proc/4242/fd/3", "--pid=4242", "-p=4242",
                           "17,4242", "sshd[4242]", " 4242 "}) {
    EXPECT_THAT(said_of_name(name), testing::HasSubstr("process 4242")) << name;
  }
  for (const char* other : {"42421", "14242", "4242s", "4242.5", "a4242", "203.0.113.7:4242", "/srv/4242", "/proc/424",
                            "--4242", "4242/tcp", "0", "0x1092"}) {
    EXPECT_EQ(said_of_name(other), "") << other;
  }
}

TEST(OwnNames, OnlyInWhatIsFilledIn) {
  EXPECT_NE(said_of_name("unit aright now", "unit ${ event.x } now"), "");
  EXPECT_EQ(said_of_name("aright sshd", "aright ${ event.x }"), "") << "the author names it";
  EXPECT_EQ(said_of_name("aright", "aright${ event.x }"), "") << "nothing is filled in";
  EXPECT_NE(said_of_name("aright", "ari${ event.x }"), "") << "a part of the word is";
  EXPECT_NE(said_of_name("aright", "aright"), "") << "nothing is known of who wrote it";
  EXPECT_NE(said_of_name("aright", "$${${ event.x }"), "") << "it comes out otherwise than it is written";
  EXPECT_NE(said_of_name("aright", "} ${ event.x"), "");
  EXPECT_NE(said_of_name("aright", "${ event.x"), "");
  EXPECT_NE(said_of_name("aright", "${ event.x }z"), "");
  EXPECT_EQ(said_of_name("aright", "ari${ event.x }ght"), "") << "nothing is filled in within the word";
  EXPECT_EQ(said_of_name("-~aright"), "");
  EXPECT_NE(said_of_name("-Uaright"), "");
  EXPECT_EQ(said_of_name("-_aright"), "");
  EXPECT_EQ(said_of_name("-[aright2"), "");
}

/// In a container the daemon may be process 1, and each count of one would be held.
TEST(OwnNames, SmallNumbersAreNumbersFirst) {
  EXPECT_EQ(own_name_in("1", "${ x }", 1), "");
  EXPECT_EQ(own_name_in("99", "${ x }", 99), "");
  EXPECT_NE(own_name_in("100", "${ x }", 100), "");
  EXPECT_NE(own_name_in("/proc/1/mem", "${ x }", 1), "");
  EXPECT_EQ(own_name_in("0", "${ x }", 0), "");
  EXPECT_EQ(own_name_in("/proc/0", "${ x }", 0), "") << "nobody knows our process";
}

TEST(OwnNames, OtherWordsThatHaveItInThem) {
  for (const char* other : {"",
                            "bright",
                            "arights",
                            "arightly",
                            "aright2",
                            "ARIGHT",
                            "Aright",
                            "aright-exporter",
                            "aright-exporter.service",
                            "my-aright",
                            "aright@x.service",
                            "aright@shop.example",
                            "me@aright",
                            "aright.log",
                            "/usr/share/aright/x",
                            "aright.services",
                            "aright.service.d",
                            "aright.example",
                            "/opt/aright-old",
                            "-aright",
                            "--aright",
                            "-xaright2",
                            "what went aright",
                            "aright went wrong",
                            "unit aright.service failed",
                            "aright 4242",
                            "kill 4242"}) {
    EXPECT_EQ(said_of_name(other), "") << other;
  }
}

TEST(OwnNames, WhatItsAuthorWroteIsHis) {
  EXPECT_EQ(said_of_name("aright: f-1", "aright: ${ finding.id }"), "");
  EXPECT_EQ(said_of_name("--tag=aright f-1", "--tag=aright ${ finding.id }"), "");
  EXPECT_EQ(said_of_name("f-1 by aright", "${ finding.id } by aright"), "");
  EXPECT_EQ(said_of_name("aright", "aright${ event.none }"), "");
  EXPECT_EQ(said_of_name("4242-f-1", "4242-${ finding.id }"), "");
  EXPECT_EQ(said_of_name("aright-web", "aright-${ event.x }"), "");
  EXPECT_EQ(said_of_name("aright-web", "${ event.x }-web"), "");
  EXPECT_EQ(said_of_name("/usr/bin/aright", "/usr/bin/${ event.x }"), "names /usr/bin/aright, which is Aright itself");
  EXPECT_EQ(said_of_name("aright.service", "${ event.x }.service"), "names aright.service, which is Aright itself");
  EXPECT_EQ(said_of_name("stop aright", "stop ${ event.x }"), "names aright, which is Aright itself");
  EXPECT_EQ(said_of_name("{\"a\": \"aright\"}", "{\"a\": \"${ event.x }\"}"), "names aright, which is Aright itself");
  EXPECT_EQ(said_of_name("stop 4242 now", "stop ${ event.pid } now"), "names process 4242, which is Aright itself");
  EXPECT_EQ(said_of_name("${ aright", "$${ ${ event.x }"), "") << "no reading of what was escaped: a sentence";
}

}  // namespace
}  // namespace aright::guard
