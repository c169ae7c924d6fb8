#pragma once
// The rules of the house that a compiler does not check: each is a function from a file to the
// places where it breaks the rule. A rule that is about other files finds nothing.

#include <string>
#include <vector>

#include "tests/unit/source_file.hpp"

namespace sharesim {

/// "path:line: what" for each place.
using Violations = std::vector<std::string>;

/// A file includes its own layer and those below it.
Violations includes_point_down(const SourceFile& file);
/// The engine does not know the players, nor the measures who produced what they measure.
Violations strangers_stay_strangers(const SourceFile& file);
/// A scheduler lives on the interface and the standard library alone.
Violations schedulers_stand_alone(const SourceFile& file);
/// Each library is met in one place, so that it could be replaced there.
Violations libraries_stay_in_their_place(const SourceFile& file);
/// #include "..." names the path from the repository root.
Violations includes_are_rooted(const SourceFile& file);

/// No float, no double, no such literals, where sums must be exact.
Violations no_floating_point(const SourceFile& file);
/// Nothing whose result depends on the standard library, on hashes or on chance.
Violations same_result_everywhere(const SourceFile& file);
/// Nobody but the command line and the output reads a clock.
Violations no_wall_clock(const SourceFile& file);

/// Nobody but the command line prints or ends the process.
Violations printing_is_for_the_command_line(const SourceFile& file);
Violations nothing_is_left_to_do(const SourceFile& file);
Violations headers_are_included_once(const SourceFile& file);
Violations files_are_short(const SourceFile& file);
Violations files_are_snake_case(const SourceFile& file);
Violations types_say_what_they_are(const SourceFile& file);

/// The file of a scheduler opens with what it is good at and not, its cost, and how it differs from
/// its paper.
Violations schedulers_are_described(const SourceFile& file);
Violations schedulers_register(const SourceFile& file);
/// The top of the repository holds a few agreed names and dotfiles.
Violations top_level_is_agreed(const SourceFile& file);

}  // namespace sharesim
