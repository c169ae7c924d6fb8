#pragma once
// Where the entities of the generic credit scheduler wait.

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "schedulers/common/fifo.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// In the order in which they are served.
enum class CreditClass : std::uint8_t { kHolder, kNeverEarns, kBroke };

/// A line for each class, and for each CPU the one that has been interrupted there and keeps its turn.
class CreditLines {
 public:
  CreditLines(CpuId cpus, const QueueHost& host) : host_(host), kept_(cpus, kNoEntity) {}

  void add(EntityId e) {
    if (e >= places_.size()) places_.resize(e + 1);
    places_[e] = {};
  }
  bool contains(EntityId e) const { return places_[e].where != kNowhere; }
  bool empty(CreditClass of) const { return lines_[index(of)].empty(); }

  void push_back(EntityId e, CreditClass of) {
    lines_[index(of)].push_back(e);
    places_[e].where = index(of);
  }
  /// `e`, who was picked, stays first on its CPU; not if somebody else does.
  bool keep_turn(EntityId e) {
    EntityId& kept = kept_[places_[e].cpu];
    if (kept != kNoEntity) return false;
    kept = e;
    places_[e].where = kKept;
    return true;
  }
  /// Whether it was in the line of the broke.
  bool erase(EntityId e) {
    const Where where = std::exchange(places_[e].where, kNowhere);
    if (where == kKept)
      kept_[places_[e].cpu] = kNoEntity;
    else if (where != kNowhere)
      lines_[where].erase(e);
    return where == index(CreditClass::kBroke);
  }
  /// `e` is to run on `cpu`.
  void set_cpu(EntityId e, CpuId cpu) { places_[e].cpu = slot(cpu); }

  /// Who keeps its turn on `cpu`, or kNoEntity.
  EntityId kept(CpuId cpu) const {
    const EntityId e = kept_[slot(cpu)];
    return e != kNoEntity && may_run(e, cpu) ? e : kNoEntity;
  }
  /// The first of the highest class, else who keeps its turn elsewhere. Or kNoEntity.
  EntityId first(CpuId cpu) const {
    for (const Fifo& line : lines_) {
      const EntityId e = line.first(host_, cpu);
      if (e != kNoEntity) return e;
    }
    for (const EntityId e : kept_) {
      if (e != kNoEntity && may_run(e, cpu)) return e;
    }
    return kNoEntity;
  }
  /// Calls visit(e) for those in the line of a class that may run on `cpu`, the first one first.
  template <typename Visit>
  void for_each(CreditClass of, CpuId cpu, Visit visit) const {
    const Fifo& line = lines_[index(of)];
    for (EntityId e = line.front(); e != kNoEntity; e = line.after(e)) {
      if (may_run(e, cpu)) visit(e);
    }
  }

 private:
  static constexpr std::size_t kLines = 3;

  /// In a line; then the other places where one may be.
  enum Where : std::uint32_t { kKept = kLines, kNowhere };
  struct Place {
    CpuId cpu = 0;  ///< the place in kept_ of the one that it ran on
    Where where = kNowhere;
  };

  static Where index(CreditClass of) { return static_cast<Where>(of); }
  CpuId slot(CpuId cpu) const { return kept_.size() > 1 ? cpu : 0; }
  bool may_run(EntityId e, CpuId cpu) const {
    return !host_.has_affinity() || host_.allowed(e, cpu);
  }

  const QueueHost& host_;
  std::vector<Place> places_;       ///< by id
  std::array<Fifo, kLines> lines_;  ///< by class
  std::vector<EntityId> kept_;      ///< by CPU
};

}  // namespace sharesim
