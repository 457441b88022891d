#include "base/yaml_words.h"

#include <fmt/format.h>
#include <yaml-cpp/exceptions.h>

#include <algorithm>
#include <array>

namespace aright::yaml {

namespace {

struct KnownWords {
  std::string_view said;  ///< how it begins
  std::string_view message;
  std::string_view hint;
};

namespace parser_words = YAML::ErrorMsg;
constexpr std::string_view quote_it = "put quotes around a text that holds `: `, ` #`, brackets or braces";
constexpr std::string_view quote_its_beginning = "put quotes around a text that begins with a sign YAML reads";
constexpr std::string_view same_column = "lines of one map or list begin in the same column, with spaces only";

const std::array known_words{
    KnownWords{parser_words::END_OF_SEQ_FLOW, "a `[` is not closed",
               "close it with `]`; put quotes around a text with brackets"},
    KnownWords{parser_words::END_OF_MAP_FLOW, "a `{` is not closed",
               "close it with `}`; put quotes around a text with braces"},
    KnownWords{parser_words::END_OF_MAP, "a line does not fit the map it stands in", same_column},
    KnownWords{parser_words::END_OF_SEQ, "a line does not fit the list it stands in", same_column},
    KnownWords{parser_words::TAB_IN_INDENTATION, "a tab where a line is indented", "indent with spaces"},
    KnownWords{parser_words::EOF_IN_SCALAR, "the closing quote is missing at the end of the file", ""},
    KnownWords{parser_words::DOC_IN_SCALAR, "a line `---` or `...` within a quoted text", "close the quote before it"},
    KnownWords{parser_words::MAP_VALUE, "a `:` where no key can stand",
               "put quotes around a text that holds `: `; lines of one map begin in the same column, with spaces only"},
    KnownWords{parser_words::MAP_KEY, "a key where none can stand", same_column},
    KnownWords{parser_words::BLOCK_ENTRY, "a `- ` where no list can begin",
               "the items of a list stand below their key, each in a line of its own"},
    KnownWords{parser_words::FLOW_END, "a `]` or `}` that closes nothing", quote_it},
    KnownWords{parser_words::UNKNOWN_TOKEN, "no value begins like this", quote_its_beginning},
    KnownWords{parser_words::CHAR_IN_SCALAR, "a sign that cannot stand in a text without quotes", quote_it},
    KnownWords{parser_words::ALIAS_NOT_FOUND, "a `*` without a name", quote_its_beginning},
    KnownWords{parser_words::ANCHOR_NOT_FOUND, "a `&` without a name", quote_its_beginning},
    KnownWords{parser_words::CHAR_IN_ALIAS, "a name behind `*` that is none", quote_its_beginning},
    KnownWords{parser_words::CHAR_IN_ANCHOR, "a name behind `&` that is none", quote_its_beginning},
    KnownWords{parser_words::UNKNOWN_ANCHOR, "a `*` that names no `&` before it", quote_its_beginning},
    KnownWords{parser_words::INVALID_ESCAPE, "an escape that there is not in double quotes",
               "write `\\\\` for a backslash, or use single quotes"},
    KnownWords{parser_words::INVALID_HEX, "the digits of an escape are none", "as in \"\\x41\" or \"\\u20ac\""},
    KnownWords{parser_words::INVALID_UNICODE, "the digits of an escape are no character",
               "as in \"\\x41\" or \"\\u20ac\""},
    KnownWords{parser_words::CHAR_IN_BLOCK, "only a comment may follow `|` or `>` in its line",
               "begin the text in the next line"},
    KnownWords{parser_words::YAML_VERSION, "a `%YAML` line that is none", "leave it out"},
    KnownWords{parser_words::YAML_MAJOR_VERSION, "a `%YAML` line for another version", "leave it out"},
    KnownWords{parser_words::YAML_DIRECTIVE_ARGS, "a `%YAML` line that is none", "leave it out"},
};

}  // namespace

Words words_for(std::string_view said) {
  const auto* found =
      std::ranges::find_if(known_words, [&](const KnownWords& one) { return said.starts_with(one.said); });
  if (found != known_words.end()) return {std::string(found->message), std::string(found->hint)};
  return {"nothing can be read from here on",
          fmt::format("look for a quote, bracket or colon that is missing before this place (the parser: {})", said)};
}

}  // namespace aright::yaml
