#include "model/secret_text.h"

#include "model/doc.h"

namespace aright {

Json secret_texts_to_json(const SecretTexts& texts) {
  Json doc = Json::object();
  for (const auto& [name, one] : texts) {
    doc[name] = one.is_secret() ? Json{{"prefix", one.text}, {"secret", one.secret}} : Json(one.text);
  }
  return doc;
}

Result<SecretTexts> secret_texts_from_json(const Json& doc) {
  SecretTexts texts;
  for (const auto& [name, one] : doc.items()) {
    if (one.is_string()) {
      texts[name] = {one.get<std::string>(), {}};
      continue;
    }
    DocReader in(one, "text with a secret");
    texts[name] = {in.text("prefix"), in.text("secret")};
    if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  }
  return texts;
}

}  // namespace aright
