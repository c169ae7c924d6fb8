#pragma once
// Where text goes: a file, standard output, a string.

#include <string>
#include <string_view>

namespace sharesim {

class Sink {
 public:
  virtual ~Sink() = default;
  /// Appends `text`. Throws MachineError if the machine refuses.
  virtual void write(std::string_view text) = 0;
};

class StringSink final : public Sink {
 public:
  void write(std::string_view text) override { text_ += text; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// Hands everything on to two sinks.
class TeeSink final : public Sink {
 public:
  TeeSink(Sink& first, Sink& second) : first_(first), second_(second) {}
  void write(std::string_view text) override {
    first_.write(text);
    second_.write(text);
  }

 private:
  Sink& first_;
  Sink& second_;
};

}  // namespace sharesim
