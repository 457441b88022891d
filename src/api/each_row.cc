#include "api/each_row.h"

#include "api/answers.h"

namespace aright::api {

Result<Done> each_row(History& history, const std::string& table, const std::function<bool(const Json&)>& take) {
  PageRequest wanted{.table = table, .only_open = false, .limit = page_rows_max, .before = {}};
  while (true) {
    auto page = history.page(wanted);
    if (!page) return std::unexpected(page.error());
    bool more = true;
    for (const Row& row : page->rows) more = take(doc_of(row));
    if (page->rows.empty() || page->more == 0 || !more) return Done{};
    wanted.before = page->rows.back().id;
  }
}

}  // namespace aright::api
