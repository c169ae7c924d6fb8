#include "sim/scenario/parse_document.hpp"

#include <algorithm>
#include <istream>
#include <streambuf>
#include <utility>
#include <vector>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "sim/scenario/scenario.hpp"

namespace sharesim {
namespace {

/// Ends the parse: the problem has been added.
struct Stop {};

/// The text, in pieces. Where a list or map in brackets could be a key, the parser reads it to its
/// end before it says anything, at a hundred bytes for each byte read: so the text seems to end
/// where the parser has read too much without an event.
class Input final : public std::streambuf {
 public:
  explicit Input(const std::string& text) : text_(text) {}

  /// The parser has made an event of what it has read.
  void progress() { last_event_ = given_; }
  bool stalled() const { return stalled_; }

 protected:
  int_type underflow() override {
    constexpr std::size_t kPiece = 4096;
    stalled_ = given_ < text_.size() && given_ - last_event_ > limits::kValueBytes;
    if (stalled_ || given_ == text_.size()) return traits_type::eof();
    const std::size_t size = std::min(kPiece, text_.size() - given_);
    // A streambuf wants pointers to char; nothing is ever written through them.
    char* const begin = const_cast<char*>(text_.data()) + given_;
    setg(begin, begin, begin + size);
    given_ += size;
    return traits_type::to_int_type(*begin);
  }

 private:
  const std::string& text_;
  std::size_t given_ = 0;
  std::size_t last_event_ = 0;
  bool stalled_ = false;
};

/// Builds the tree from the parser's events.
class Builder final : public YAML::EventHandler {
 public:
  Builder(Input& input, std::uint32_t source, Problems& problems)
      : input_(input), source_(source), problems_(problems) {
    root_.place = last_place_;
  }

  Node take_root() { return std::move(root_); }

  /// Where the latest value began.
  const Place& last_place() const { return last_place_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (input_.stalled()) throw Stop{};
    if (++documents_ > 1) stop(mark, "a second document begins", "one workload in a file");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (wants_key()) stop(mark, "a key is missing", "a plain word before the ':'");
    Node node = leaf(Node::Kind::kNull, mark);
    refuse_anchor(mark, anchor, node);
    add(std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "aliases are not supported");
    if (wants_key()) throw Stop{};
    add(leaf(Node::Kind::kBroken, mark));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node = leaf(Node::Kind::kScalar, mark);
    node.quoted = tag == kQuoted;
    refuse_anchor(mark, anchor, node);
    refuse_tag(mark, tag, node);
    if (wants_key()) {
      Frame& map = open_.back();
      map.key = value;
      map.key_place = node.place;
      map.has_key = true;
      return;
    }
    node.text = value;
    add(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Node::Kind::kList, mark, tag, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Node::Kind::kMap, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  /// The parser's tags for a plain and for a quoted scalar (and for what has no tag at all).
  static constexpr const char* kPlain = "?";
  static constexpr const char* kQuoted = "!";

  /// A list or map that is not complete yet.
  struct Frame {
    Node node;
    bool has_key = false;
    std::string key;
    Place key_place;
  };

  Place place_of(const YAML::Mark& mark) const { return {mark.line + 1, mark.column + 1, source_}; }

  bool wants_key() const {
    return !open_.empty() && open_.back().node.kind != Node::Kind::kList && !open_.back().has_key;
  }

  Node leaf(Node::Kind kind, const YAML::Mark& mark) {
    if (input_.stalled()) throw Stop{};
    input_.progress();
    last_place_ = place_of(mark);
    if (++nodes_ > limits::kNodes) {
      stop(mark, "has too many values", "up to " + std::to_string(limits::kNodes));
    }
    Node node;
    node.kind = kind;
    node.place = last_place_;
    return node;
  }

  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    if (wants_key())
      stop(mark, "a list or map cannot be a key", "a plain word; or is a bracket left open?");
    if (open_.size() >= limits::kNesting) {
      stop(mark, "is nested too deeply", "up to " + std::to_string(limits::kNesting) + " levels");
    }
    Frame frame;
    frame.node = leaf(kind, mark);
    Node ignored;
    refuse_anchor(mark, anchor, ignored);
    refuse_tag(mark, tag, ignored);
    open_.push_back(std::move(frame));
  }

  void close() {
    Node node = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(node));
  }

  void add(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& parent = open_.back();
    if (parent.has_key) {
      node.key = std::move(parent.key);
      node.key_place = parent.key_place;
      parent.has_key = false;
    }
    parent.node.items.push_back(std::move(node));
  }

  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor, Node& node) {
    if (anchor == YAML::NullAnchor) return;
    refuse(mark, "anchors are not supported");
    node.kind = Node::Kind::kBroken;
  }

  void refuse_tag(const YAML::Mark& mark, const std::string& tag, Node& node) {
    if (tag.empty() || tag == kPlain || tag == kQuoted) return;
    refuse(mark, "tags are not supported");
    node.kind = Node::Kind::kBroken;
  }

  void refuse(const YAML::Mark& mark, const std::string& what) {
    problems_.add(place_of(mark), "", what, "plain YAML without anchors, aliases and tags");
  }

  [[noreturn]] void stop(const YAML::Mark& mark, const std::string& what,
                         const std::string& allowed) {
    problems_.add(place_of(mark), "", what, allowed);
    throw Stop{};
  }

  Input& input_;
  std::uint32_t source_;
  Problems& problems_;
  Place last_place_{.line = 1, .column = 1, .source = source_};
  Node root_;
  std::vector<Frame> open_;
  std::size_t nodes_ = 0;
  int documents_ = 0;
};

/// Runs the parser; empty if it stopped, with a problem added unless the input stalled.
std::optional<Node> run_parser(Input& input, Builder& builder, std::uint32_t source,
                               Problems& problems) {
  try {
    std::istream stream(&input);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.take_root();
  } catch (const Stop&) {
  } catch (const YAML::Exception& error) {
    if (input.stalled()) return std::nullopt;
    const Place place{std::max(error.mark.line, 0) + 1, std::max(error.mark.column, 0) + 1, source};
    problems.add(place, "", "is not valid YAML: " + error.msg);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Node> parse_document(const std::string& text, std::uint32_t source,
                                   Problems& problems) {
  Input input(text);
  Builder builder(input, source, problems);
  std::optional<Node> root = run_parser(input, builder, source, problems);
  if (!input.stalled()) return root;
  problems.add(builder.last_place(), "", "what follows is too long for one value",
               "up to " + std::to_string(limits::kValueBytes >> 20U) +
                   " MiB for a text, a comment, or an entry in brackets");
  return std::nullopt;
}

}  // namespace sharesim
