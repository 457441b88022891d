#include "http/libcurl.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <mutex>
#include <optional>
#include <string>

namespace aright::http {

namespace {

constexpr const char* library = "libcurl.so.4";

std::string said_by_loader() {
  const char* said = dlerror();
  return said != nullptr ? said : library;
}

Result<Libcurl> load() {
  void* handle =
      dlopen(library, RTLD_LAZY | RTLD_LOCAL);  // never closed: libraries it brings leave threads and handlers
  if (handle == nullptr) {
    return fail(Errc::unavailable, fmt::format("HTTP client: {}; it comes with the package libcurl4", said_by_loader()),
                Retry::yes);
  }
  Libcurl curl;
  std::string missing;
  const auto find = [&]<class Function>(Function& into, const char* name) {
    into = reinterpret_cast<Function>(dlsym(handle, name));
    if (into == nullptr && missing.empty()) missing = said_by_loader();
  };
  find(curl.easy_cleanup, "curl_easy_cleanup");
  find(curl.easy_getinfo, "curl_easy_getinfo");
  find(curl.easy_init, "curl_easy_init");
  find(curl.easy_setopt, "curl_easy_setopt");
  find(curl.easy_strerror, "curl_easy_strerror");
  find(curl.global_init, "curl_global_init");
  find(curl.multi_add_handle, "curl_multi_add_handle");
  find(curl.multi_cleanup, "curl_multi_cleanup");
  find(curl.multi_info_read, "curl_multi_info_read");
  find(curl.multi_init, "curl_multi_init");
  find(curl.multi_perform, "curl_multi_perform");
  find(curl.multi_poll, "curl_multi_poll");
  find(curl.multi_remove_handle, "curl_multi_remove_handle");
  find(curl.slist_append, "curl_slist_append");
  find(curl.slist_free_all, "curl_slist_free_all");
  if (!missing.empty()) return fail(Errc::unavailable, fmt::format("HTTP client: {}", missing));
  if (const CURLcode code = curl.global_init(CURL_GLOBAL_DEFAULT); code != CURLE_OK) {
    return fail(Errc::unavailable, fmt::format("HTTP client: libcurl: {}", curl.easy_strerror(code)));
  }
  return curl;
}

}  // namespace

Result<const Libcurl*> libcurl() {
  static std::mutex mutex;
  static std::optional<Libcurl> loaded;
  const std::lock_guard lock(mutex);
  if (!loaded) {
    auto curl = load();
    if (!curl) return std::unexpected(curl.error());
    loaded = *curl;
  }
  return &*loaded;
}

}  // namespace aright::http
