// UTF-8 carried through ASCII. toml++ 3.3 runs into undefined behaviour on letters such as "é"
// outside of texts, so it is shown ASCII only, and what comes out is turned back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace trainyard::machine {

/// Bytes beyond ASCII, and "~", become "~" and two hexadecimal digits. Lines stay lines.
std::string armoured(std::string_view text);
std::string disarmed(std::string_view text);

/// Where UTF-8 is broken; nothing if it is not.
std::optional<size_t> broken_utf8(std::string_view text);

}  // namespace trainyard::machine
