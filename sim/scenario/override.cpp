#include "sim/scenario/override.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "sim/core/units.hpp"
#include "sim/scenario/parse_document.hpp"
#include "sim/scenario/source.hpp"

namespace sharesim {
namespace {

std::vector<std::string> split(const std::string& path) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (;;) {
    const std::size_t dot = std::min(path.find('.', begin), path.size());
    parts.push_back(path.substr(begin, dot - begin));
    if (dot == path.size()) return parts;
    begin = dot + 1;
  }
}

bool is_path(const std::vector<std::string>& parts) {
  return parts.size() <= limits::kNesting &&
         std::none_of(parts.begin(), parts.end(), [](const auto& part) { return part.empty(); });
}

std::string entry_name(const Node& entry) {
  const Node* const name = entry.kind == Node::Kind::kMap ? entry.find("name") : nullptr;
  return name != nullptr ? name->text : "";
}

/// Walks down a document along a path.
class Descent {
 public:
  Descent(const std::vector<std::string>& parts, std::uint32_t source, Problems& problems)
      : parts_(parts), place_{.line = 1, .column = 1, .source = source}, problems_(problems) {}

  /// The node that the path names, or nullptr with a problem added.
  Node* walk(Node& root) {
    Node* node = &root;
    while (node != nullptr && next_ < parts_.size()) {
      if (node->kind == Node::Kind::kNull) {
        node->kind = Node::Kind::kMap;
        node->place = place_;
      }
      switch (node->kind) {
        case Node::Kind::kMap:
          node = &step_into_map(*node);
          break;
        case Node::Kind::kList:
          node = step_into_list(*node);
          break;
        default:
          problems_.add(place_, walked(next_), "has no entries");
          return nullptr;
      }
    }
    return node;
  }

 private:
  Node& step_into_map(Node& map) {
    const std::string& key = parts_[next_++];
    const auto found = std::find_if(map.items.begin(), map.items.end(),
                                    [&key](const Node& item) { return item.key == key; });
    if (found != map.items.end()) return *found;
    Node created;
    created.key = key;
    created.place = created.key_place = place_;
    map.items.push_back(std::move(created));
    return map.items.back();
  }

  Node* step_into_list(Node& list) {
    // A name may hold dots itself: then it takes several parts of the path.
    std::string name;
    for (std::size_t last = next_; last < parts_.size() && name.size() <= limits::kNameBytes;
         ++last) {
      name += (last > next_ ? "." : "") + parts_[last];
      for (Node& entry : list.items) {
        if (entry_name(entry) != name) continue;
        next_ = last + 1;
        return &entry;
      }
    }
    const auto index = parse_integer(parts_[next_]).value;
    if (index && *index >= 0 && *index < static_cast<std::int64_t>(list.items.size())) {
      ++next_;
      return &list.items[static_cast<std::size_t>(*index)];
    }
    complain(list);
    return nullptr;
  }

  void complain(const Node& list) {
    constexpr std::size_t kMost = 1000;
    std::vector<std::string> names;
    for (const Node& entry : list.items) {
      if (names.size() == kMost) break;
      if (const std::string name = entry_name(entry); !name.empty()) names.push_back(name);
    }
    const std::string indices =
        list.items.empty() ? "it is empty" : "0 to " + std::to_string(list.items.size() - 1);
    problems_.add(place_, walked(next_),
                  "has no entry " + in_quotes(parts_[next_]) + spelling_hint(parts_[next_], names),
                  names.empty() ? indices : word_list(names) + ", or " + indices);
  }

  std::string walked(std::size_t count) const {
    std::string path;
    for (std::size_t i = 0; i < count; ++i) path += (i > 0 ? "." : "") + parts_[i];
    return path;
  }

  const std::vector<std::string>& parts_;
  Place place_;
  Problems& problems_;
  std::size_t next_ = 0;
};

}  // namespace

std::string option_text(const Override& change) {
  const std::string text = in_quotes(change.path + "=" + change.value);
  return "--set " + text.substr(1, text.size() - 2);
}

void apply_override(Node& root, const Override& change, std::uint32_t source, Problems& problems) {
  const Place place{.line = 1, .column = 1, .source = source};
  if (auto problem = check_source(change.value, option_text(change))) {
    problem->line = problem->column = 0;
    problems.add(*problem);
    return;
  }
  const std::vector<std::string> parts = split(change.path);
  if (!is_path(parts)) {
    problems.add(place, "", in_quotes(change.path) + " is not a path",
                 "keys, names and indices separated by dots, such as groups.web.weight");
    return;
  }
  std::optional<Node> value = parse_document(change.value, source, problems);
  if (!value) return;
  Node* const node = Descent(parts, source, problems).walk(root);
  if (node == nullptr) return;
  value->key = std::move(node->key);
  value->key_place = node->key_place;
  *node = std::move(*value);
}

}  // namespace sharesim
