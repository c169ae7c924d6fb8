#include "tests/support/decoded_trace.hpp"

#include <cstdio>
#include <regex>
#include <sstream>
#include <stdexcept>

#include "tests/support/run_command.hpp"

namespace sharesim::test {
namespace {

constexpr std::int64_t kStartNs = 1'000'000'000;  // traces begin at 1 s of their own clock

/// A message in protoc's text: "key: value" lines and "key {" ... "}".
struct Message {
  std::multimap<std::string, std::string> values;
  std::multimap<std::string, Message> messages;

  bool has(const std::string& key) const { return values.contains(key); }
  std::string text(const std::string& key) const {
    const auto found = values.find(key);
    if (found == values.end()) throw std::runtime_error("a message without " + key);
    return found->second;
  }
  std::int64_t number(const std::string& key) const { return std::stoll(text(key)); }
  std::uint32_t id(const std::string& key) const { return static_cast<std::uint32_t>(number(key)); }
  const Message* part(const std::string& key) const {
    const auto found = messages.find(key);
    return found == messages.end() ? nullptr : &found->second;
  }
};

std::string run_protoc(const std::filesystem::path& file) {
  const std::string folder = std::string(SHARESIM_SOURCE_DIR) + "/tests/support/perfetto";
  const ScratchFolder scratch;
  const std::string out = (scratch.path() / "out").string();
  const std::string command = "protoc --decode=Trace -I'" + folder + "' trace.proto <'" +
                              file.string() + "' >'" + out + "' 2>'" + out + ".err'";
  if (std::system(command.c_str()) != 0) {
    throw std::runtime_error("protoc: " + read_file(out + ".err"));
  }
  return read_file(out);
}

/// Reads up to the closing brace, or to the end.
Message parse(std::istream& in) {
  Message message;
  for (std::string line; std::getline(in, line);) {
    line.erase(0, line.find_first_not_of(' '));
    if (line == "}") return message;
    const bool opens = line.ends_with(" {");
    const std::size_t end = opens ? line.size() - 2 : line.find(": ");
    if (end == std::string::npos) throw std::runtime_error("protoc says: " + line);
    const std::string key = line.substr(0, end);
    if (key.find_first_not_of("0123456789") == std::string::npos) {
      throw std::runtime_error("a field that the schema does not have, or has with another type: " +
                               key);
    }
    if (opens) {
      message.messages.emplace(key, parse(in));
      continue;
    }
    std::string value = line.substr(end + 2);
    if (value.starts_with('"')) value = value.substr(1, value.size() - 2);
    message.values.emplace(key, value);
  }
  return message;
}

std::int64_t time_of(const Message& message) { return message.number("timestamp") - kStartNs; }

void read_bundle(const Message& bundle, DecodedTrace& trace) {
  const std::uint32_t cpu = bundle.id("cpu");
  const auto [begin, end] = bundle.messages.equal_range("event");
  for (auto at = begin; at != end; ++at) {
    const Message& event = at->second;
    if (const Message* change = event.part("sched_switch")) {
      const std::int64_t state = change->number("prev_state");
      if (event.id("pid") != change->id("prev_pid"))
        throw std::runtime_error("whose event is this?");
      trace.switches.push_back({cpu, time_of(event), change->id("prev_pid"), change->id("next_pid"),
                                change->text("prev_comm"), change->text("next_comm"),
                                state == 0   ? "R"
                                : state == 1 ? "S"
                                             : "X"});
    } else if (const Message* waking = event.part("sched_waking")) {
      trace.wakings.push_back({waking->id("target_cpu"), time_of(event), waking->id("pid")});
    } else {
      throw std::runtime_error("an event of no kind");
    }
  }
}

void read_tree(const Message& tree, DecodedTrace& trace) {
  const auto each = [&tree](const char* key, const auto& visit) {
    const auto [begin, end] = tree.messages.equal_range(key);
    for (auto at = begin; at != end; ++at) visit(at->second);
  };
  each("processes", [&](const Message& process) {
    trace.processes[process.id("pid")] = process.text("cmdline");
  });
  each("threads", [&](const Message& thread) {
    trace.threads[thread.id("tid")] = thread.text("name");
    trace.process_of[thread.id("tid")] = thread.id("tgid");
  });
}

/// The tracks that have been described so far, by uuid.
struct Tracks {
  std::map<std::string, std::string> names;
  std::map<std::string, std::uint32_t> processes;
};

void read_track(const Message& track, Tracks& tracks) {
  const std::string uuid = track.text("uuid");
  if (const Message* thread = track.part("thread")) tracks.processes[uuid] = thread->id("pid");
  if (const Message* process = track.part("process")) tracks.processes[uuid] = process->id("pid");
  if (!track.has("name")) return;
  const bool of_kind = track.has("parent_uuid");
  tracks.names[uuid] =
      of_kind ? tracks.names.at(track.text("parent_uuid")) + " of " + track.text("name")
              : track.text("name");
}

/// An event may have values of other counters beside its own; readers take up to eight.
void read_extra_values(const Message& event, std::int64_t at, const Tracks& tracks,
                       DecodedTrace& trace) {
  constexpr std::size_t kMost = 8;
  auto value = event.values.lower_bound("extra_counter_values");
  auto track = event.values.lower_bound("extra_counter_track_uuids");
  const std::size_t count = event.values.count("extra_counter_values");
  if (count > kMost || count != event.values.count("extra_counter_track_uuids")) {
    throw std::runtime_error("extra values that nobody can read");
  }
  for (std::size_t i = 0; i < count; ++i, ++value, ++track) {
    trace.counters[tracks.names.at(track->second)].emplace_back(at, std::stoll(value->second));
  }
}

void read_event(const Message& event, std::int64_t at, const Tracks& tracks, DecodedTrace& trace) {
  const std::string uuid = event.text("track_uuid");
  if (event.text("type") == "TYPE_COUNTER") {
    trace.counters[tracks.names.at(uuid)].emplace_back(at, event.number("counter_value"));
    read_extra_values(event, at, tracks, trace);
  } else if (tracks.processes.contains(uuid)) {
    trace.marks.push_back({at, tracks.processes.at(uuid), event.text("name")});
  } else {
    trace.about["workload"] = event.text("name");
    const auto [begin, end] = event.messages.equal_range("debug_annotations");
    for (auto it = begin; it != end; ++it) {
      trace.about[it->second.text("name")] = it->second.text("string_value");
    }
  }
}

/// "a=1 b=2" as a map.
std::map<std::string, std::string> fields_of(const std::string& text) {
  std::map<std::string, std::string> fields;
  std::istringstream in(text);
  for (std::string word; in >> word;) {
    const std::size_t equals = word.find('=');
    if (equals != std::string::npos) fields[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return fields;
}

std::uint32_t number(const std::string& text) {
  return static_cast<std::uint32_t>(std::stoul(text));
}

/// "C|1|credit of /saver|500" or "I|1|throttled"
void read_mark(const std::string& text, std::int64_t at, DecodedTrace& trace) {
  static const std::regex kMark(R"(([CI])\|(\d+)\|([^|]+)(?:\|(-?\d+))?)");
  std::smatch match;
  if (!std::regex_match(text, match, kMark)) throw std::runtime_error("no mark: " + text);
  if (match[1] == "C") {
    trace.counters[match[3]].emplace_back(at, std::stoll(match[4]));
  } else {
    trace.marks.push_back({at, number(match[2]), match[3]});
  }
}

void read_line(const std::string& line, std::int64_t& now, DecodedTrace& trace) {
  // systrace_line_tokenizer.cc, with the decimals and the word for what has no process apart.
  static const std::regex kLine(R"(-(\d+)\s+\(?\s*(\d+|-+)?\)?\s?\[(\d+)\]\s*)"
                                R"((?:[a-zA-Z.]{3}[0-9a-f.]{1,2}\s*)?(\d+)\.(\d{9}):\s+(\S+):)");
  std::smatch match;
  if (!std::regex_search(line, match, kLine)) throw std::runtime_error("no ftrace: " + line);
  const std::uint32_t thread = number(match[1]);
  const std::int64_t at = std::stoll(match[4]) * 1'000'000'000 + std::stoll(match[5]) - kStartNs;
  if (at < now) throw std::runtime_error("time goes back: " + line);
  now = at;
  const std::uint32_t cpu = number(match[3]);
  const std::string event = match[6];
  const std::string rest = match.suffix().str().substr(1);
  const auto fields = fields_of(rest);
  if (event == "sched_switch") {
    if (thread != number(fields.at("prev_pid"))) throw std::runtime_error("whose line? " + line);
    trace.switches.push_back({cpu, at, number(fields.at("prev_pid")), number(fields.at("next_pid")),
                              fields.at("prev_comm"), fields.at("next_comm"),
                              fields.at("prev_state").substr(0, 1)});
  } else if (event == "sched_waking") {
    trace.wakings.push_back({number(fields.at("target_cpu")), at, number(fields.at("pid"))});
  } else if (event == "print") {
    read_mark(rest, at, trace);
  } else {
    throw std::runtime_error("what is " + event);
  }
  if (thread != 0) {
    const std::string task = match.prefix();
    trace.threads[thread] = task.substr(task.find_first_not_of(' '));
    trace.process_of[thread] = number(match[2]);
  }
}

}  // namespace

DecodedTrace decode_perfetto(const std::filesystem::path& file) {
  std::istringstream in(run_protoc(file));
  const Message all = parse(in);
  DecodedTrace trace;
  Tracks tracks;
  const auto [begin, end] = all.messages.equal_range("packet");
  for (auto at = begin; at != end; ++at) {
    const Message& packet = at->second;
    if (at == begin && packet.number("sequence_flags") != 1) {
      throw std::runtime_error("the first packet does not clear the state of its sequence");
    }
    if (packet.number("trusted_packet_sequence_id") != 1) throw std::runtime_error("whose packet?");
    if (const Message* bundle = packet.part("ftrace_events")) read_bundle(*bundle, trace);
    if (const Message* tree = packet.part("process_tree")) read_tree(*tree, trace);
    if (const Message* track = packet.part("track_descriptor")) read_track(*track, tracks);
    if (const Message* event = packet.part("track_event")) {
      read_event(*event, time_of(packet), tracks, trace);
    }
  }
  return trace;
}

DecodedTrace decode_ftrace(const std::filesystem::path& file) {
  std::istringstream in(read_file(file));
  DecodedTrace trace;
  std::int64_t now = 0;
  std::string line;
  if (!std::getline(in, line) || !line.starts_with("# tracer")) {
    throw std::runtime_error("Perfetto knows this text by the word '# tracer'");
  }
  while (std::getline(in, line)) {
    if (!line.starts_with('#')) read_line(line, now, trace);
  }
  return trace;
}

}  // namespace sharesim::test
