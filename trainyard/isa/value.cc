// Names of operators and engines.

#include "trainyard/isa/value.h"

#include <array>

namespace trainyard::isa {

namespace {

constexpr OperatorInfo kOperators[] = {
#define OPERATOR(name, kind, reduces, version) {#name, OperatorClass::kind, reduces, version},
#include "trainyard/isa/operators.list"
#undef OPERATOR
};

}  // namespace

const OperatorInfo& info(Operator op) { return kOperators[static_cast<int>(op)]; }

int operator_count() { return static_cast<int>(std::size(kOperators)); }

std::optional<Operator> operator_from_name(std::string_view name) {
  for (int i = 0; i < operator_count(); ++i)
    if (kOperators[i].name == name) return static_cast<Operator>(i);
  return std::nullopt;
}

std::string_view name_of(Engine engine) {
  constexpr std::array<std::string_view, kEngineCount> names = {
      "unknown", "tensor", "scalar", "gpsimd", "dma", "vector", "sync"};
  return names[static_cast<int>(engine)];
}

}  // namespace trainyard::isa
