// Which instruction set the vector loops use on this host.
//
// The same loops are compiled once per instruction set and picked at run time, by CPU and by the
// environment variable TRAINYARD_SIMD (avx512, avx2 or scalar), which can only lower the choice.
// Every path gives the same bits: explicit fused multiply-adds, no contraction, no reassociation.
#pragma once

namespace trainyard::base {

enum class CodePath { scalar, avx2, avx512 };

CodePath code_path();
const char* code_path_name(CodePath path);

}  // namespace trainyard::base
