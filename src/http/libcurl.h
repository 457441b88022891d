// libcurl, opened when somebody first calls or, where a node lists whom it may call, at its start: it brings thirty
// libraries along, four MiB and half the time of a start, and most commands and many daemons call nobody.
#pragma once

#include <curl/curl.h>

#include "base/result.h"

namespace aright::http {

struct Libcurl {
  decltype(&curl_easy_cleanup) easy_cleanup{};
  decltype(&curl_easy_getinfo) easy_getinfo{};
  decltype(&curl_easy_init) easy_init{};
  decltype(&curl_easy_setopt) easy_setopt{};
  decltype(&curl_easy_strerror) easy_strerror{};
  decltype(&curl_global_init) global_init{};
  decltype(&curl_multi_add_handle) multi_add_handle{};
  decltype(&curl_multi_cleanup) multi_cleanup{};
  decltype(&curl_multi_info_read) multi_info_read{};
  decltype(&curl_multi_init) multi_init{};
  decltype(&curl_multi_perform) multi_perform{};
  decltype(&curl_multi_poll) multi_poll{};
  decltype(&curl_multi_remove_handle) multi_remove_handle{};
  decltype(&curl_slist_append) slist_append{};
  decltype(&curl_slist_free_all) slist_free_all{};
};

/// Opens and prepares it the first time, for as long as the process lives; any thread. Errc::unavailable: it is not on
/// this machine, or lacks something; it is looked for again the next time.
[[nodiscard]] Result<const Libcurl*> libcurl();

}  // namespace aright::http
