// An instruction's description in words: what `trainyard explain`, stubs and messages share.
#pragma once

#include <string>

#include "trainyard/isa/instruction.h"

namespace trainyard::isa {

/// "memset(dst, value, engine=engine.unknown, name=None)"
std::string signature(const Spec& spec);

/// "tile", "list of tiles", "operator", …
std::string_view word_of(ParamKind kind);
/// "read", "written", "read and written"; "" for none.
std::string_view word_of(Access access);
/// "exact", "order-defined" or "approximate".
std::string_view word_of(Evidence evidence);
/// What that means, half a sentence.
std::string_view meaning_of(Evidence evidence);
/// "arithmetic", "bits", …
std::string_view word_of(OperatorClass kind);

/// The paragraph of Spec::doc that opens with `head` ("Cost"), without the head; "" if none does.
std::string doc_section(const Spec& spec, std::string_view head);

/// "trainyard/isa/memset.cc"
std::string source_file(const Spec& spec);

}  // namespace trainyard::isa
