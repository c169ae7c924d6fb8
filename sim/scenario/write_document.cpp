#include "sim/scenario/write_document.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace sharesim {
namespace {

constexpr std::size_t kLineColumns = 100;
constexpr std::size_t kIndent = 2;

/// A double-quoted scalar.
std::string quoted_text(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr unsigned char kFirstPrintable = 0x20;
  constexpr unsigned char kDelete = 0x7f;
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (byte < kFirstPrintable || byte == kDelete) {
      result += "\\x";
      result += kHex[byte >> 4U];
      result += kHex[byte & 0xfU];
    } else {
      result += c;
    }
  }
  return result + '"';
}

/// A plain scalar that means the same inside of brackets.
bool stands_in_brackets(const std::string& text) {
  return text.find_first_of(",[]{}") == std::string::npos && !text.ends_with(':');
}

/// Keys are words; those of hints and the like may be anything.
std::string key_text(const std::string& key) {
  const bool word = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  });
  return word ? key : quoted_text(key);
}

std::optional<std::string> in_brackets(const Node& node);

/// The values of a list or a map, in brackets; nothing if one of them cannot be.
std::optional<std::string> items_in_brackets(const Node& node) {
  const bool map = node.kind == Node::Kind::kMap;
  std::string text(1, map ? '{' : '[');
  for (const Node& item : node.items) {
    const auto value = in_brackets(item);
    if (!value || text.size() > kLineColumns) return std::nullopt;
    if (text.size() > 1) text += ", ";
    if (map) text += key_text(item.key) + ": ";
    text += *value;
  }
  return text + (map ? '}' : ']');
}

std::optional<std::string> in_brackets(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kScalar:
      if (node.quoted) return quoted_text(node.text);
      if (stands_in_brackets(node.text)) return node.text;
      return std::nullopt;
    case Node::Kind::kList:
    case Node::Kind::kMap:
      return items_in_brackets(node);
    case Node::Kind::kNull:
    case Node::Kind::kBroken:
      break;
  }
  return std::nullopt;
}

/// What reads best with a line for each entry, however few there are.
bool has_lines(const Node& node) {
  constexpr std::array<std::string_view, 4> kLists{"groups", "tasks", "events", "expect"};
  return node.kind == Node::Kind::kList && !node.items.empty() &&
         std::find(kLists.begin(), kLists.end(), node.key) != kLists.end();
}

bool anything_has_lines(const Node& node) {
  return has_lines(node) || std::any_of(node.items.begin(), node.items.end(), anything_has_lines);
}

class Writer {
 public:
  std::string take() { return std::move(text_); }

  /// The entries of a list or map, each on lines of its own, the first one where the pen is.
  void write_items(const Node& node, std::size_t indent) {
    bool first = true;
    for (const Node& item : node.items) {
      if (!first) text_.append(indent, ' ');
      first = false;
      if (node.kind == Node::Kind::kMap) {
        text_ += key_text(item.key) + ":";
        write_value(item, indent, indent + key_text(item.key).size() + 2);
      } else {
        text_ += '-';
        write_entry(item, indent + kIndent);
      }
    }
  }

 private:
  /// Behind "key:".
  void write_value(const Node& node, std::size_t indent, std::size_t column) {
    if (write_on_this_line(node, column)) return;
    text_ += '\n';
    text_.append(indent + kIndent, ' ');
    write_items(node, indent + kIndent);
  }

  /// Behind "-".
  void write_entry(const Node& node, std::size_t indent) {
    if (write_on_this_line(node, indent)) return;
    text_ += ' ';
    write_items(node, indent);
  }

  bool write_on_this_line(const Node& node, std::size_t column) {
    const bool items = node.kind == Node::Kind::kList || node.kind == Node::Kind::kMap;
    if (!items || node.items.empty()) {
      if (node.kind == Node::Kind::kScalar) {
        text_ += ' ' + (node.quoted ? quoted_text(node.text) : node.text);
      } else if (items) {
        text_ += ' ' + *in_brackets(node);
      }
      text_ += '\n';
      return true;
    }
    if (anything_has_lines(node)) return false;
    const auto line = in_brackets(node);
    if (!line || column + line->size() > kLineColumns) return false;
    text_ += ' ' + *line + '\n';
    return true;
  }

  std::string text_;
};

}  // namespace

std::string write_document(const Node& root) {
  Writer writer;
  writer.write_items(root, 0);
  return writer.take();
}

}  // namespace sharesim
