// The library that is opened at the first call. That a daemon which calls nobody has none: tests/e2e/call_test.py.
#include "http/libcurl.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace aright::http {
namespace {

bool libcurl_is_mapped() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.contains("libcurl")) return true;
  }
  return false;
}

TEST(LibcurlTest, IsOpenedOnceWhoeverAsksFirst) {
  std::vector<const Libcurl*> got(8, nullptr);
  std::vector<std::thread> crowd;
  for (const Libcurl*& place : got) crowd.emplace_back([&place] { place = libcurl().value_or(nullptr); });
  for (auto& thread : crowd) thread.join();
  EXPECT_NE(got.front(), nullptr);
  EXPECT_EQ(std::set(got.begin(), got.end()).size(), 1U);
  EXPECT_TRUE(libcurl_is_mapped());
}

TEST(LibcurlTest, WhatIsFoundWorks) {
  const auto curl = libcurl();
  ASSERT_TRUE(curl) << curl.error().message;
  CURL* easy = (*curl)->easy_init();
  ASSERT_NE(easy, nullptr);
  EXPECT_EQ((*curl)->easy_setopt(easy, CURLOPT_URL, "nothing://127.0.0.1/"), CURLE_OK);
  CURLM* multi = (*curl)->multi_init();
  ASSERT_NE(multi, nullptr);
  EXPECT_EQ((*curl)->multi_add_handle(multi, easy), CURLM_OK);
  int running = 1;
  while (running != 0) {
    ASSERT_EQ((*curl)->multi_perform(multi, &running), CURLM_OK);
    if (running != 0) {
      ASSERT_EQ((*curl)->multi_poll(multi, nullptr, 0, 1000, nullptr), CURLM_OK);
    }
  }
  int left = 0;
  const CURLMsg* message = (*curl)->multi_info_read(multi, &left);
  ASSERT_NE(message, nullptr);
  EXPECT_EQ(message->data.result, CURLE_UNSUPPORTED_PROTOCOL);
  EXPECT_NE(std::string((*curl)->easy_strerror(message->data.result)), "");
  EXPECT_EQ((*curl)->multi_remove_handle(multi, easy), CURLM_OK);
  (*curl)->easy_cleanup(easy);
  EXPECT_EQ((*curl)->multi_cleanup(multi), CURLM_OK);
}

}  // namespace
}  // namespace aright::http
