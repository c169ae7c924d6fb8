#include "sim/output/report_text.hpp"

#include "sim/output/text.hpp"

namespace sharesim {

std::string html_text(std::string_view text) {
  std::string html;
  for (const char c : printable(text)) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string in_words(Duration d) {
  std::string text = human(d, "\u202f");
  if (text.ends_with("us")) text.replace(text.size() - 2, 1, "µ");
  return text;
}

std::string script_text(const Json& json) {
  std::string text;
  for (const char c : json.dump(-1, ' ', false, Json::error_handler_t::replace)) {
    // Both stand in strings only, where JSON has another spelling for them.
    if (c == '<') {
      text += "\\u003c";
    } else if (c == '>') {
      text += "\\u003e";
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace sharesim
