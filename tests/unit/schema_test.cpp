// Do the published JSON Schema and the loader agree on what a workload looks like?

#include <cctype>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#include <yaml-cpp/yaml.h>

#include "sim/core/error.hpp"
#include "sim/scenario/scenario.hpp"
#include "tests/unit/loader_cases.hpp"

namespace sharesim {
namespace {

using Json = nlohmann::json;

std::string read_file(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

std::filesystem::path workloads() {
  return std::filesystem::path(SHARESIM_SOURCE_DIR) / "workloads";
}

/// A plain scalar as an editor sees it: YAML 1.2's core schema.
Json plain_scalar(const std::string& text) {
  static const std::regex kInteger("[-+]?[0-9]+");
  static const std::regex kNumber("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");
  if (text.empty() || text == "~" || text == "null") return nullptr;
  if (text == "true" || text == "false") return text == "true";
  // An integer beyond 64 bits is a number too.
  if (std::regex_match(text, kInteger) && text.size() < 19) return std::stoll(text);
  if (std::regex_match(text, kNumber)) return std::stod(text);
  return text;
}

Json to_json(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Scalar:
      return node.Tag() == "!" ? Json(node.Scalar()) : plain_scalar(node.Scalar());
    case YAML::NodeType::Sequence: {
      Json list = Json::array();
      for (const YAML::Node& item : node) list.push_back(to_json(item));
      return list;
    }
    case YAML::NodeType::Map: {
      Json map = Json::object();
      for (const auto& item : node) map[item.first.Scalar()] = to_json(item.second);
      return map;
    }
    default:
      return nullptr;
  }
}

class SchemaTest : public testing::Test {
 protected:
  SchemaTest() : document_(Json::parse(read_file(workloads() / "workload.schema.json"))) {
    const valijson::adapters::NlohmannJsonAdapter adapter(document_);
    valijson::SchemaParser(valijson::SchemaParser::kDraft7).populateSchema(adapter, schema_);
  }

  bool schema_accepts(const std::string& text) {
    const Json json = to_json(YAML::Load(text));
    valijson::Validator validator(valijson::Validator::kStrongTypes);
    return validator.validate(schema_, valijson::adapters::NlohmannJsonAdapter(json), nullptr);
  }

  const Json& document() const { return document_; }

 private:
  Json document_;
  valijson::Schema schema_;
};

std::string task(const std::string& rest) {
  return "name: t\nduration: 10s\nmachine: {cpus: 4}\ntasks:\n  - {name: a, " + rest + "}\n";
}
std::string length(const std::string& rest) { return task("do: [{run: " + rest + "}]"); }
std::string top(const std::string& rest) {
  return "name: t\nduration: 10s\ntasks: [{name: a}]\n" + rest + "\n";
}

// Question: do both accept the same right workloads? Expected: each piece of the format in each of
// its forms.
TEST_F(SchemaTest, AcceptsWhatTheLoaderAccepts) {
  const std::vector<std::string> good{
      top(""),
      top("seed: 0"),
      top("record: {tick: 1ms}"),
      top("record: {}"),
      top("machine: {cpus: 1024, tick: 4ms, context_switch: 2us, wakeup: 0s, migration: 1us}"),
      top("machine: {tick: 4ms, tick_phase: 1ms}"),
      task("idle: true, count: 2"),
      task("idle: false"),
      top("groups: [{name: g, idle: true, tasks: [{name: b}]}]"),
      top("machine: {bandwidth_slice: 5ms, balancer: {wake_idle: true, steal: false}}"),
      "name: 5\nduration: 1h2m3.5s\ntasks: [{name: 1.5}, {name: true}, {name: a-b_c.d}]\n",
      task("count: 4, weight: 300, cap: 30%, cpus: 0-1, start: 1s, stop: 2s"),
      task("nice: -20, cpus: 3"),
      task("hints: {}"),
      task("hints: {period: 10ms, budget: 3ms, extra: true}"),
      top("groups: [{name: g, hints: {}, tasks: [{name: b}]}]"),
      task("cap: {credits: B1s}"),
      task("cap: {credits: {size: t4g.xlarge, mode: unlimited, balance: 1.5}}"),
      task("cap: {credits: {baseline: 12.5%, limit: 60, vcpus: 4, launch: 0, period: 100ms}}"),
      task("cpus: [0, 2], cap: {quota: 30ms}"),
      task("cpus: '0-1,3', cap: {quota: 30ms, period: 100ms, burst: 1ms}"),
      task("do: [{run: 5ms}, {sleep: 5ms}], repeat: 3"),
      task("replay: [[5ms, 1ms], [1ms, 0s]], repeat: 0"),
      task("periodic: {every: 10.1ms, run: {exponential: 1ms}}"),
      task("service: {arrivals: {poisson: 0.5/ms}, demand: 1ms, workers: 8, queue: 0}"),
      task("service: {arrivals: {every: 5ms}, demand: {empirical: [1ms, 2ms]}}"),
      task("service: {arrivals: {pareto: {min: 1ms, shape: 2}}, demand: 1ms}"),
      length("{uniform: [0s, 3ms]}"),
      length("{normal: {mean: 5ms, sd: 0s}}"),
      length("{lognormal: {mean: 5ms, sd: 9ms}}"),
      length("{pareto: {min: 1ms, shape: 1.0001}}"),
      small_workload("events: [{at: 0s, set: {entity: /a, nice: 3, cap: none, cpus: 1}}]\n"),
      small_workload("events: [{at: 5s, set: {entity: /g, weight: 3, cap: 3%}}]\n"),
      small_workload("expect: [{share: {at_least: 1%, at_most: 2%, from: 1s, to: 2s}}]\n"),
      small_workload("expect: [{lag: {of: /a.1, between: [-3ms, 3ms]}, switches: {is: 5}}]\n"),
      small_workload("expect: [{idle: {is: 0s, schedulers: [sfq]}}]\n"),
      top("groups: [{name: g, cap: {credits: t2.nano}, tasks: [{name: b}]}]\n"
          "expect: [{credits: {of: /g, at: 5s, is: 30.5}}, {spent_credits: {of: /g, from: 1s, is: "
          "0}}]")};
  for (const std::string& text : good) {
    EXPECT_EQ(mistakes_in(text), "accepted") << text;
    EXPECT_TRUE(schema_accepts(text)) << text;
  }
}

// Question: do both refuse the same structural mistakes? Expected: unknown and missing keys, wrong
// types, no units, values outside of fixed ranges, keys that exclude each other.
TEST_F(SchemaTest, RefusesWhatTheLoaderRefuses) {
  const std::vector<std::string> bad{
      "[]",
      "name: t\nduration: 10s\n",
      "duration: 10s\ntasks: [{name: a}]\n",
      "name: t\ntasks: [{name: a}]\n",
      "name: t\nduration: 10\ntasks: [{name: a}]\n",
      "name: t\nduration: 5s1m\ntasks: [{name: a}]\n",
      "name: -t\nduration: 10s\ntasks: [{name: a}]\n",
      top("nmae: x"),
      top("seed: -1"),
      top("seed: '1'"),
      top("seed: 1.5"),
      top("record: 10ms"),
      top("record: {tick: 10}"),
      top("machine: {cpu: 2}"),
      top("machine: {cpus: 0}"),
      top("machine: {cpus: 1025}"),
      top("machine: {cpus: two}"),
      top("machine: {tick: -4ms}"),
      top("machine: {balancer: {steal: 'true'}}"),
      top("machine: {balancer: true}"),
      top("groups: [{name: g}]"),
      top("groups: [{tasks: [{name: b}]}]"),
      top("groups: [{name: g, nice: 3, tasks: [{name: b}]}]"),
      top("groups: [{name: g/h, tasks: [{name: b}]}]"),
      top("groups: [{name: g, scheduler: [sfq], tasks: [{name: b}]}]"),
      top("events: []"),
      top("events: [{at: 5s}]"),
      top("events: [{at: 5, set: {entity: /a, weight: 3}}]"),
      top("events: [{at: 5s, set: {entity: /a}}]"),
      top("events: [{at: 5s, set: {weight: 5}}]"),
      top("events: [{at: 5s, set: {entity: /a, cap: nothing}}]"),
      top("events: [{at: 5s, set: {entity: /a, weight: 3, nice: 3}}]"),
      top("expect: [{shar: {is: 1%}}]"),
      top("expect: [{}]"),
      top("expect: [{share: {of: /a}}]"),
      top("expect: [{share: {is: 30}}]"),
      top("expect: [{share: {is: 30ms}}]"),
      top("expect: [{service: {is: -3ms}}]"),
      top("expect: [{switches: {is: -3}}]"),
      top("expect: [{lag: {is: 3ms, from: 1s}}]"),
      top("expect: [{share: {is: 1%, at_least: 1%}}]"),
      top("expect: [{share: {between: [1%]}}]"),
      top("expect: [{share: {is: 1%, schedulers: []}}]"),
      task("hints: []"),
      task("hints: 5ms"),
      task("hints: {No: 1}"),
      task("hints: {warp: [5ms]}"),
      top("groups: [{name: g, hints: [warp], tasks: [{name: b}]}]"),
      task("count: 0"),
      task("weight: 0"),
      task("weight: 10001"),
      task("weight: '5'"),
      task("weight: 5, nice: 3"),
      task("idle: 1"),
      task("idle: true, weight: 5"),
      task("idle: false, nice: 5"),
      top("groups: [{name: g, idle: true, weight: 5, tasks: [{name: b}]}]"),
      top("machine: {tick_phase: 1}"),
      task("nice: 20"),
      task("cap: 30"),
      task("cap: {period: 10ms}"),
      task("cap: {quota: 10ms, brust: 1ms}"),
      task("cap: {quota: 10ms, credits: B1s}"),
      task("cap: {credits: t5.nano}"),
      task("cap: {credits: [B1s]}"),
      task("cap: {credits: {mode: standard}}"),
      task("cap: {credits: {size: B1s, baseline: 10%}}"),
      task("cap: {credits: {size: B1s, balance: -1}}"),
      task("cap: {credits: {size: B1s, balance: '1'}}"),
      task("cap: {credits: {baseline: 10%, mode: free}}"),
      top("expect: [{credits: {is: 5, from: 1s}}]"),
      top("expect: [{spent_credits: {is: 5, at: 1s}}]"),
      task("cpus: ''"),
      task("cpus: []"),
      task("cpus: -1"),
      task("cpus: [a]"),
      task("start: 5"),
      task("repeat: 3"),
      task("do: []"),
      task("do: [{sleep: 5ms}]"),
      task("do: [{run: 5ms, sleep: 5ms}]"),
      task("do: [{ran: 5ms}]"),
      task("do: [{run: 5ms}], periodic: {every: 1s, run: 1ms}"),
      task("periodic: {every: 10ms}"),
      task("service: {demand: 1ms}"),
      task("service: {arrivals: 5ms, demand: 1ms}"),
      task("service: {arrivals: {poisson: 200}, demand: 1ms}"),
      task("service: {arrivals: {poisson: 2/s, every: 5ms}, demand: 1ms}"),
      task("service: {arrivals: {every: 1ms}, demand: 1ms, workers: 0}"),
      task("replay: []"),
      task("replay: [[5ms]]"),
      length("5"),
      length("[1ms]"),
      length("{}"),
      length("{expo: 5ms}"),
      length("{exponential: }"),
      length("{exponential: 5ms, uniform: [1ms, 2ms]}"),
      length("{uniform: [1ms]}"),
      length("{normal: {mean: 5ms}}"),
      length("{pareto: {min: 1ms, shape: 1}}"),
      length("{pareto: {min: 1ms, shape: x}}"),
      length("{empirical: []}")};
  for (const std::string& text : bad) {
    EXPECT_NE(mistakes_in(text), "accepted") << text;
    EXPECT_FALSE(schema_accepts(text)) << text;
  }
}

// Question: are the shipped workloads right by both? Expected: all of them.
TEST_F(SchemaTest, AcceptsEveryShippedWorkload) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(workloads())) {
    if (entry.path().extension() != ".yaml") continue;
    EXPECT_NO_THROW(load_scenario(entry.path().string())) << entry.path();
    EXPECT_TRUE(schema_accepts(read_file(entry.path()))) << entry.path();
  }
}

/// Every schema in `node` that describes a map with its keys.
void collect_maps(const Json& node, std::vector<const Json*>& maps) {
  if (node.is_object() && node.contains("properties") && node["properties"].is_object()) {
    maps.push_back(&node);
  }
  for (const Json& child : node) {
    if (child.is_structured()) collect_maps(child, maps);
  }
}

// Question: is a mistyped key refused everywhere, and each key described? Expected: no map of the
// schema takes unknown keys, and there is one key for each measure.
TEST_F(SchemaTest, KnowsEveryKey) {
  std::vector<const Json*> maps;
  collect_maps(document(), maps);
  EXPECT_GT(maps.size(), 15U);
  for (const Json* map : maps) {
    EXPECT_EQ(map->value("additionalProperties", true), false) << map->dump().substr(0, 200);
  }
  const Json& measures = document()["definitions"]["expectation"]["properties"];
  EXPECT_EQ(measures.size(), metrics().size());
  for (const MetricInfo& metric : metrics()) {
    EXPECT_TRUE(measures.contains(std::string(metric.name))) << metric.name;
  }
}

}  // namespace
}  // namespace sharesim
