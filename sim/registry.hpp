#pragma once
// The table of schedulers by name: filled by the schedulers themselves, read by everyone else.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/error.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

enum class Scope : std::uint8_t { kPerCpu, kGlobal };

/// Promises that the conformance tests hold a policy to.
enum class Claim : std::uint32_t {
  kProportional = 1U << 0,    ///< always-runnable siblings get CPU time by weight, on one CPU
  kWorkConserving = 1U << 1,  ///< no CPU idles while something it may run is queued
  kBoundedLag =
      1U << 2,  ///< on one CPU, lag of an always-runnable sibling stays within lag_bound_slices
  kCapped = 1U << 3,       ///< never gives more than the entity's bound, even on an idle machine
  kRandomized = 1U << 4,   ///< draws random numbers: promises hold in the mean
  kWeightBlind = 1U << 5,  ///< ignores weights: equal shares for all
  kPreemptive = 1U << 6,   ///< may answer true to preempts()
  kWantsTicks = 1U << 7,   ///< asks for tick() at every machine.tick
  kUsesTimers = 1U << 8,   ///< next_timer() may be other than kNever; without it, it is never asked
  kDividesCapacity = 1U << 9,  ///< capacity_of() differs from entity to entity
  kKernelWeights = 1U << 11,  ///< weights mean something by themselves: nice 0 is 1024, as in Linux
  kFluid = 1U << 10,  ///< no queue discipline: the ideal itself (sim/fluid). It has no factory, and
                      ///< cannot be a group's own policy
};

/// A set of claims.
class Claims {
 public:
  constexpr Claims() = default;
  constexpr Claims(Claim claim)
      : bits_(static_cast<std::uint32_t>(claim)) {}  // NOLINT: a claim is a set of one
  constexpr bool has(Claim claim) const { return (bits_ & static_cast<std::uint32_t>(claim)) != 0; }
  constexpr bool includes(Claims others) const { return (bits_ & others.bits_) == others.bits_; }
  friend constexpr Claims operator|(Claims a, Claims b) {
    Claims both;
    both.bits_ = a.bits_ | b.bits_;
    return both;
  }

 private:
  std::uint32_t bits_ = 0;
};
constexpr Claims operator|(Claim a, Claim b) { return Claims(a) | Claims(b); }

/// The name of a claim as `list` prints it, such as "work conserving".
struct ClaimName {
  Claim claim;
  std::string_view name;
};
const std::vector<ClaimName>& claim_names();

enum class ParameterType : std::uint8_t {
  kDuration,
  kInteger,
  kPercent,
  kFlag,
  kChoice,
  kSwitches
};

/// One parameter of a policy. Texts use the workload format's units ("1ms", "30%", "true").
struct ParameterInfo {
  std::string name;
  ParameterType type;
  std::string default_value;
  std::string minimum;  ///< inclusive; empty: none. Not for flags, choices and switches.
  std::string maximum;  ///< inclusive; empty: none. Not for flags, choices and switches.
  /// For kChoice, one of them; for kSwitches, up to 31, any of them, after + to switch it on, after - to
  /// switch it off ("+A-B"; an empty text: none).
  std::vector<std::string> choices;
  std::string summary;
};

/// Everything that is known about a policy without running it: the one source for validation,
/// `list`, the documentation and the conformance tests.
struct SchedulerInfo {
  std::string name;
  std::string summary;  ///< one line
  std::string paper;    ///< who, where, when
  std::string cost;     ///< of one decision, such as "O(log n)"
  std::vector<Scope> scopes{Scope::kPerCpu,
                            Scope::kGlobal};  ///< supported; the first is the default
  Claims claims;
  std::vector<ParameterInfo> parameters;
  /// What it wants to know of single tasks and groups, beside their weight (QueueHost::hint).
  /// Policies share the words: one word has one type and one range everywhere. The default is what
  /// holds without the hint, for the reader.
  std::vector<ParameterInfo> hints;
  /// The equations; good at, not good at, cost, differs. Lines that end; a plug-in may do without.
  std::string explanation;
  /// With kBoundedLag: the largest |lag| on one CPU among n always-runnable siblings, in slices;
  /// may be null.
  std::int64_t (*lag_bound_slices)(std::int64_t siblings) = nullptr;

  const ParameterInfo* find_parameter(std::string_view parameter) const;
};

/// A text read as the value of a parameter.
struct ParameterValue {
  std::int64_t number = 0;  ///< in the units of Parameters
  std::string text;         ///< the one spelling of it
  std::string what;         ///< what is wrong with it; empty if nothing is
};
ParameterValue read_parameter(const ParameterInfo& parameter, std::string_view text);
/// What a parameter may be, in words.
std::string allowed_values(const ParameterInfo& parameter);

/// The parameter that every time-sliced policy has.
ParameterInfo slice_parameter(std::string default_value = "1ms");

using SchedulerFactory = std::unique_ptr<Scheduler> (*)(const SchedulerContext&);

/// A chosen policy with a complete set of parameter values. A value; cheap enough to copy.
class SchedulerChoice final : public Parameters {
 public:
  SchedulerChoice(const SchedulerInfo& info, SchedulerFactory factory);

  const SchedulerInfo& info() const { return *info_; }
  Scope scope() const { return scope_; }
  /// The spelling that parse_scheduler() reads back; only what differs from the defaults:
  /// "sfq:slice=10ms".
  std::string to_string() const;
  /// The value of a parameter (or of "scope") as text.
  std::string text(std::string_view parameter) const;
  /// Sets a parameter, or "scope", from text. Returns what is wrong with it, or nothing.
  std::optional<Diagnostic> set(std::string_view parameter, std::string_view value);
  /// Takes from `other`, the same policy, the values that have not been set() here but have been there.
  void fill_in(const SchedulerChoice& other);
  std::unique_ptr<Scheduler> make(const SchedulerContext& context) const {
    return factory_(context);
  }

  Duration duration(std::string_view name) const override;
  std::int64_t integer(std::string_view name) const override;
  std::int64_t percent(std::string_view name) const override;
  bool flag(std::string_view name) const override;
  std::string_view choice(std::string_view name) const override;
  std::optional<bool> switched(std::string_view name, std::string_view choice) const override;

 private:
  struct Value {
    std::int64_t number = 0;
    std::string text;
    bool is_set = false;
  };
  const Value& value(std::string_view name, ParameterType type) const;

  const SchedulerInfo* info_;
  SchedulerFactory factory_;
  Scope scope_;
  bool scope_is_set_ = false;
  std::vector<Value> values_;  ///< in the order of info().parameters
};

class Registry {
 public:
  /// The registry of this process, filled before main() and by load_plugin(). Only read once
  /// threads run.
  static Registry& global();

  /// Takes a policy in. Throws InternalError if it clashes with another one.
  void add(SchedulerInfo info, SchedulerFactory factory);
  const SchedulerInfo* find(std::string_view name) const;
  /// All infos, sorted by name.
  std::vector<const SchedulerInfo*> all() const;
  /// Their names, sorted.
  std::vector<std::string> names() const;
  /// Reads "name" or "name:param=value,param=value". Throws InputError with every mistake, and a
  /// suggestion.
  SchedulerChoice parse(std::string_view text) const;
  /// The policy `name` with its defaults. Throws InputError if there is none.
  SchedulerChoice choose(std::string_view name) const;

 private:
  struct Entry {
    std::unique_ptr<const SchedulerInfo> info;
    SchedulerFactory factory;
  };
  std::vector<Entry> entries_;
};

/// What makes `info` unusable (a bad name, a default out of its own range, no scope), in words; ""
/// if nothing does.
std::string flaw_of(const SchedulerInfo& info);

/// What keeps `newcomer` from being registered beside `other`, in words: one name, or one word for
/// hints of two kinds; "" if nothing does.
std::string clash_of(const SchedulerInfo& newcomer, const SchedulerInfo& other);

/// Loads a shared object whose schedulers register themselves. Throws InputError: not loadable,
/// registers nothing, built for another interface, or a clash with what is there.
void load_plugin(const std::string& path);

/// Changes whenever scheduler.hpp or registry.hpp change in a way that breaks compiled plug-ins.
inline constexpr int kSchedulerInterface = 4;

/// Takes a policy into the global registry. Aborts the program if a built-in one clashes with
/// another; what is wrong with a plug-in is thrown by load_plugin().
void register_scheduler(SchedulerInfo info, SchedulerFactory factory, int interface_of_caller);
/// Put one at the end of a scheduler's file: `const Registration<Sfq> kRegistration{info()};`
template <typename Policy>
struct Registration {
  explicit Registration(SchedulerInfo info) {
    register_scheduler(
        std::move(info),
        [](const SchedulerContext& context) -> std::unique_ptr<Scheduler> {
          return std::make_unique<Policy>(context);
        },
        kSchedulerInterface);
  }
};

/// For a policy without queues (Claim::kFluid): there is nothing to make.
template <>
struct Registration<void> {
  explicit Registration(SchedulerInfo info) {
    register_scheduler(std::move(info), nullptr, kSchedulerInterface);
  }
};

/// The known word nearest to `word` if it is near enough to be a slip of the finger, else "".
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace sharesim
