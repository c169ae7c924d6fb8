#include "sim/cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace sharesim::cli {
namespace {

bool is_set(const Environment& environment, const char* name) {
  const char* const value = environment(name);
  return value != nullptr && *value != '\0';
}

bool is_dumb(const Environment& environment) {
  const char* const term = environment("TERM");
  return term == nullptr || std::string_view(term).empty() || std::string_view(term) == "dumb";
}

}  // namespace

Environment process_environment() {
  return [](const char* name) -> const char* { return std::getenv(name); };
}

bool wants_color(const std::string& option, bool is_terminal, const Environment& environment) {
  if (option == "always") return true;
  if (option == "never" || is_set(environment, "NO_COLOR")) return false;
  if (is_set(environment, "CLICOLOR_FORCE")) return true;
  return is_terminal && !is_dumb(environment);
}

bool wants_progress(bool is_terminal, const Environment& environment) {
  return is_terminal && !is_dumb(environment) && !is_set(environment, "CI");
}

bool wants_pictures(bool is_terminal, const Environment& environment) {
  return is_terminal && !is_dumb(environment);
}

bool speaks_utf8(const Environment& environment) {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (!is_set(environment, name)) continue;
    std::string locale;
    for (const char* c = environment(name); *c != '\0'; ++c) {
      if (*c != '-') locale += static_cast<char>(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
    }
    return locale.find(".utf8") != std::string::npos;
  }
  return false;
}

std::size_t stdout_columns() {
  struct winsize size {};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

bool stdout_is_terminal() { return isatty(STDOUT_FILENO) == 1; }
bool stderr_is_terminal() { return isatty(STDERR_FILENO) == 1; }

}  // namespace sharesim::cli
