#include "sim/core/error.hpp"

#include <utility>

#include "sim/core/units.hpp"

namespace sharesim {
namespace {

/// One diagnostic a line, for what().
std::string join(const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (!text.empty()) text += '\n';
    text += diagnostic.to_string();
  }
  return text;
}

}  // namespace

std::string Diagnostic::to_string() const {
  std::string text = file;
  if (line > 0) {
    if (!text.empty()) text += ':';
    text += std::to_string(line) + ':' + std::to_string(column);
  }
  for (const std::string& part : {path, what}) {
    if (part.empty()) continue;
    if (!text.empty()) text += ": ";
    text += part;
  }
  if (!allowed.empty()) text += " (" + allowed + ")";
  return text;
}

InputError::InputError(std::vector<Diagnostic> diagnostics)
    : std::runtime_error(join(diagnostics)), diagnostics_(std::move(diagnostics)) {}

InputError::InputError(const std::string& what, const std::string& allowed)
    : InputError(
          std::vector<Diagnostic>{{.file = {}, .path = {}, .what = what, .allowed = allowed}}) {}

SchedulerFault::SchedulerFault(std::string scheduler, Time time, std::string entity,
                               std::string rule)
    : std::runtime_error("scheduler " + scheduler + " broke the contract at " + to_text(time) +
                         (entity.empty() ? "" : " with " + entity) + ": " + rule),
      scheduler_(std::move(scheduler)),
      time_(time),
      entity_(std::move(entity)),
      rule_(std::move(rule)) {}

}  // namespace sharesim
