// The text form: what it looks like, that nothing gets lost, and what it refuses.

#include "trainyard/program/text.h"

#include <gtest/gtest.h>

#include <bit>
#include <limits>

#include "tests/program/text_programs.h"

namespace trainyard::program {
namespace {

using base::Code;
using base::Error;

std::string reprinted(const std::string& text) {
  return print_program(parse_program(text, "program.txt", machine()));
}

std::string body(const std::string& text) { return text.substr(text.find('\n') + 1); }

TEST(Text, LooksLikeThis) {
  EXPECT_EQ(body(print_program(parse_program(kEverything, "program.txt", machine()))),
            body(kEverything));
}

TEST(Text, LeavesDefaultsOut) {
  EXPECT_EQ(body(reprinted(R"(program "k" machine="trn2" core=0
t0: fp32[128,64] sbuf
tensor_copy dst=t0[0:64, 0:64:1] src=t0 @ 4096 [[64,64], [1,64]] engine=unknown name=None
iota dst=t0 pattern=[1, 64] offset=0
)")),
            R"(t0: float32[128, 64] sbuf
%0: tensor_copy@vector dst=t0[0:64, 0:64] src=t0[64:128, 0:64]
%1: iota dst=t0 pattern=[[1, 64]]
)");
}

TEST(Text, ChoosesTheEngineThatWasLeftOpen) {
  EXPECT_EQ(body(reprinted(R"(program "k" machine="trn2" core=0
t0: int32[128, 64] sbuf
tensor_tensor dst=t0 data1=t0 data2=t0 op=add
tensor_tensor dst=t0 data1=t0 data2=t0 op=add engine=vector
tensor_tensor@gpsimd dst=t0 data1=t0 data2=t0 op=add
)")),
            R"(t0: int32[128, 64] sbuf
%0: tensor_tensor@gpsimd dst=t0 data1=t0 data2=t0 op=add
%1: tensor_tensor@vector dst=t0 data1=t0 data2=t0 op=add engine=vector
%2: tensor_tensor@gpsimd dst=t0 data1=t0 data2=t0 op=add
)");
}

TEST(Text, NamesSites) {
  const std::string text = R"(program "k" machine="trn2" core=0
t0: float32[128, 64] sbuf ; tile.py:3
%0: memset@vector dst=t0 value=0 ; a/b.py:12 in "ke\"rn\\el\x0a"
%1: memset@vector dst=t0 value=0 ; "my file;.py":7
%2: memset@vector dst=t0 value=0
)";
  const Program p = parse_program(text, "program.txt", machine());
  EXPECT_EQ(p.place(p.tensor(0).site).line, 3);
  EXPECT_EQ(p.place(p.instruction(0).site).function, "ke\"rn\\el\n");
  EXPECT_EQ(p.place(p.instruction(1).site).file, "my file;.py");
  EXPECT_EQ(p.instruction(2).site, kNone);
  EXPECT_EQ(print_program(p), text);
}

TEST(Text, IgnoresOtherComments) {
  const Program p = parse_program(R"(; a program
; by: hand
program "k" machine="trn2" core=0 ; note: it's "short"

t0: float32[128, 64] sbuf ; see above
; done
)",
                                  "program.txt", machine());
  EXPECT_EQ(p.tensor_count(), 1U);
  EXPECT_EQ(p.tensor(0).site, kNone);
}

TEST(Text, NumbersKeepTheirBits) {
  const double numbers[] = {0.0,
                            -0.0,
                            1.5,
                            0.1,
                            -3e300,
                            5e-324,
                            std::numeric_limits<double>::infinity(),
                            -std::numeric_limits<double>::infinity(),
                            std::bit_cast<double>(uint64_t{0x7ff8000000000000}),
                            std::bit_cast<double>(uint64_t{0xfff0000000000123})};
  for (double number : numbers) {
    Program p(machine());
    append(p, "memset", {declare(p, isa::Buffer::sbuf, {128, 4})},
           {{"value", Value::number(number)}});
    const Program again = parse_program(print_program(p), "program.txt", machine());
    EXPECT_EQ(again.values(0)[1], Value::number(number)) << number;
  }
}

TEST(Text, MachineComesFromTheTextUnlessGiven) {
  const std::string text = "program \"k\" machine=\"trn1\" core=1\n";
  EXPECT_EQ(parse_program(text, "program.txt").machine().core.version, 2);
  EXPECT_EQ(parse_program(text, "program.txt", machine()).machine().core.version, 3);
  EXPECT_EQ(parse_program(text, "program.txt").core(), 1);
}

struct Refusal {
  Code code;
  int line;
  const char* text;  // behind the header and three tensors
  const char* says;  // part of the message
};

TEST(Text, RefusesWithLineAndColumn) {
  const std::string head = R"(program "k" machine="trn2" core=0
t0: float32[128, 64] sbuf
t1: int32[128, 1] sbuf
t2: float32[256, 64] shared_hbm
)";
  const std::vector<Refusal> refusals = {
      {Code::E301, 5, "t4: float32[1] sbuf", "column 1: the next tensor is t3"},
      {Code::E301, 5, "t3: float33[1] sbuf", "column 5: no data type float33"},
      {Code::E301, 5, "t3: float32[1, ] sbuf", "column 16: expected a size"},
      {Code::E301, 5, "t3: float32[-1] sbuf", "column 13: a size is 0 to"},
      {Code::E301, 5, "t3: float32[99999999999, 99999999999] sbuf", "more than 2^40"},
      {Code::E301, 5, "t3: float32[1] dram", "expected private_hbm"},
      {Code::E301, 5, "t3: float32[1] shared_hbm at=(0, 0)", "no explicit address"},
      {Code::E101, 5, "t3: float32[129, 1] sbuf", "partitions"},
      {Code::E204, 5, "t3: float32[128, 512] psum at=(0, 20000)", "at byte"},
      {Code::E301, 5, "inputs t3", "no t3"},
      {Code::E301, 5, "registers -1", "a number of registers"},
      {Code::E301, 5, "register 1", "no instruction register"},
      {Code::E301, 5, "tensor_coyp dst=t0 src=t0", "did you mean tensor_copy"},
      {Code::E301, 6, "\n%1: memset dst=t0 value=0", "column 2: the next instruction is %0"},
      {Code::E115, 5, "memset dst=t0 value=0 colour=1", "colour"},
      {Code::E115, 5, "memset dst=t0 value=0 value=1", "twice"},
      {Code::E301, 5, "memset dst=t0 value=0 after=[%1]", "no instruction %1"},
      {Code::E301, 5, "memset dst=t0 value=0 after=%0", "expected '['"},
      {Code::E301, 5, "memset dst=t0 value=0 after=[0]", "expected '%'"},
      {Code::E301, 5, "branch nottaken", "expected taken"},
      {Code::E114, 5, "memset dst=t0", "value"},
      {Code::E301, 5, "memset dst=None value=0", "dst is needed"},
      {Code::E301, 5, "memset dst=t0 value=0 name=tile", "a string in quotes"},
      {Code::E301, 5, "memset dst=t0 value=\"0", "does not end"},
      {Code::E301, 5, "memset dst=t0 value=0x1.8p+", "not a number"},
      {Code::E301, 5, "memset dst=t0 value=nan(0x0000000000000001)", "bits of a NaN"},
      {Code::E301, 5, "memset@vektor dst=t0 value=0", "engine is one of"},
      {Code::E112, 5, "memset@tensor dst=t0 value=0", "cannot run"},
      {Code::E301, 5, "memset dst=t9 value=0", "no t9: there are 3"},
      {Code::E301, 5, "memset dst=t0[0:64] value=0", "a slice for each of 2"},
      {Code::E301, 5, "memset dst=t0[0:64, 0:65] value=0", "a stop is 0 to 64"},
      {Code::E301, 5, "memset dst=t0[0:64, 3:3] value=0", "an empty slice"},
      {Code::E122, 5, "memset dst=t0@0[[64, 128], [1, 65]] value=0", "outside"},
      {Code::E122, 5, "memset dst=t0@0[[64, 64], [1, 65]] value=0", "its partition"},
      {Code::E122, 5, "memset dst=t0@0[[32, 128], [1, 8]] value=0", "partition step"},
      {Code::E122, 5, "memset dst=t0@0[[64, 128], [0, 99999999999999]] value=0", "elements"},
      {Code::E122, 5, "memset dst=t0@0[[64, 128], [4611686018427387904, 3]] value=0", "bounds"},
      {Code::E301, 5,
       "memset dst=t0@0[[1,1],[1,1],[1,1],[1,1],[1,1],[1,1],[1,1],[1,1],[1,1]] "
       "value=0",
       "9 dimensions"},
      {Code::E301, 5,
       "dma_copy dst=t0 src=t2@0[[64, 128], [1, 64]]{scalar=r0 scale=1 limit=1 "
       "dim=0}",
       "no r0"},
      {Code::E301, 5,
       "dma_copy dst=t0 src=t2@0[[64, 128], [1, 64]]{vector=t1{vector=t1 scale=1 "
       "limit=1 dim=0} scale=1 limit=1 dim=0}",
       "an index has no dynamic"},
      {Code::E122, 5,
       "dma_copy dst=t0 src=t2@0[[64, 128], [1, 64]]{vector=t1[0:64, 0:1] scale=64 "
       "limit=256 dim=0}",
       "one index per row"},
      {Code::E122, 5,
       "dma_copy dst=t0 src=t2@0[[64, 128], [1, 64]]{vector=t1 "
       "scale=999999999999 limit=999999 dim=0}",
       "scale and limit"},
      {Code::E105, 5,
       "dma_copy dst=t0 src=t2@0[[64, 128], [1, 64]]{vector=t0[0:128, 0:1] scale=64 "
       "limit=256 dim=0}",
       "index"},
      {Code::E301, 5, "dma_copy dst=t0 src=t2[0:128, 0:64] oob_mode=perhaps", "one of error, skip"},
      {Code::E301, 5, "tensor_tensor dst=t0 data1=t0 data2=t0 op=plus", "no operator plus"},
      {Code::E102, 5, "tensor_copy dst=t0 src=t0[0:64, 0:64]", "partitions"},
      {Code::E301, 5, "memset dst=t0 value=0 %1", "a parameter's name"},
      {Code::E301, 5, "?", "a statement"},
      {Code::E301, 5, "dma_compute dst=t0 srcs=[] reduce_op=add", "at least one tensor"},
  };
  for (const Refusal& r : refusals) {
    try {
      parse_program(head + r.text + "\n", "program.txt", machine());
      ADD_FAILURE() << "accepted: " << r.text;
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), r.code) << r.text << "\n" << e.what();
      EXPECT_NE(std::string(e.what()).find(r.says), std::string::npos) << r.text << "\n"
                                                                       << e.what();
      EXPECT_EQ(e.place().file, "program.txt");
      EXPECT_EQ(e.place().line, r.line) << r.text;
    }
  }
}

TEST(Text, ShowsTheLineUnderAMark) {
  try {
    parse_program("program \"k\" machine=\"trn2\" core=0\nt0: float32[8] lbuf\n", "p.txt",
                  machine());
    FAIL();
  } catch (const Error& e) {
    ASSERT_EQ(e.notes().size(), 2U);
    EXPECT_EQ(e.notes()[0], "t0: float32[8] lbuf");
    EXPECT_EQ(e.notes()[1], "               ^");
  }
}

TEST(Text, AProgramBeginsWithItsHeader) {
  for (const char* text : {"", "\n; x\n", "t0: float32[1] sbuf\n", "program k\n",
                           "program \"k\" machine=\"trn2\" core=99\n"}) {
    try {
      parse_program(text, "p.txt", machine());
      ADD_FAILURE() << text;
    } catch (const Error& e) { EXPECT_EQ(e.code(), Code::E301) << text; }
  }
}

}  // namespace
}  // namespace trainyard::program
