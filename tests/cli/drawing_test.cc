// The drawings of every machine and instance: they fit their sheet, and nothing overlaps.
#include <filesystem>
#include <fstream>
#include <regex>

#include "tests/cli/run_command.h"
#include "trainyard/base/diagnostics.h"
#include "trainyard/cli/canvas.h"
#include "trainyard/cli/machine_drawing.h"
#include "trainyard/cli/svg.h"
#include "trainyard/cli/terminal.h"
#include "trainyard/cli/write_file.h"
#include "trainyard/machine/catalog.h"

namespace trainyard::cli {
namespace {

namespace fs = std::filesystem;
using machine::load_machine;

std::vector<machine::Machine> drawn_machines() {
  std::vector<machine::Machine> machines;
  for (const std::string& name : machine::known_names()) machines.push_back(load_machine(name));
  for (const char* topology : {"torus-2x8", "torus-16x1", "torus-2x2x4", "ring", "switched"}) {
    machines.push_back(load_machine("trn2", {std::string("instance.topology=") + topology}));
  }
  machines.push_back(load_machine(
      "trn2", {"instance.chips=10000", "instance.topology=torus-100x100", "instance.servers=100"}));
  machines.push_back(load_machine("trn2", {"instance.chips=5", "instance.topology=ring"}));
  machines.push_back(load_machine("inf2", {"chip.cores=64", "core.memory.hbm_bytes=1 MiB"}));
  return machines;
}

TEST(TextDrawing, FitsAHundredColumns) {
  for (const machine::Machine& m : drawn_machines()) {
    std::istringstream lines(machine_drawing(m));
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(width_of(line), 100U) << m.name << " " << m.instance.name << "\n" << line;
    }
  }
}

TEST(TextDrawing, ShowsTheStructure) {
  const std::string text = machine_drawing(load_machine("trn2"));
  for (const char* part :
       {"NeuronCore-v3", "PSUM", "2 MiB", "Tensor", "78.6 TF", "0.96 GHz", "GpSimd", "Sync",
        "28 MiB = 128 partitions x 224 KiB", "16 engines x 27 GB/s", "shared by 2 cores", "core 7",
        "24 GiB", "link z: 2 x 64 GB/s each way, unused", "[15]"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(machine_drawing(load_machine("inf1")).find("PSUM"), std::string::npos);
}

std::vector<Box> rectangles_in(const std::string& svg) {
  static const std::regex rect(
      R"x(<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)")x");
  std::vector<Box> boxes;
  for (std::sregex_iterator at(svg.begin(), svg.end(), rect), end; at != end; ++at) {
    boxes.push_back(
        {std::stod((*at)[1]), std::stod((*at)[2]), std::stod((*at)[3]), std::stod((*at)[4])});
  }
  return boxes;
}

bool inside(const Box& a, const Box& b) {
  return a.x >= b.x && a.y >= b.y && a.right() <= b.right() + 0.1 && a.bottom() <= b.bottom() + 0.1;
}

bool apart(const Box& a, const Box& b) {
  return a.right() <= b.x + 0.1 || b.right() <= a.x + 0.1 || a.bottom() <= b.y + 0.1 ||
         b.bottom() <= a.y + 0.1;
}

TEST(Picture, BoxesLieInsideOrApart) {
  for (const machine::Machine& m : drawn_machines()) {
    const std::string svg = machine_svg(m);
    std::smatch size;
    ASSERT_TRUE(std::regex_search(svg, size, std::regex(R"x(viewBox="0 0 (\d+) (\d+)")x")));
    const Box sheet{0, 0, std::stod(size[1]), std::stod(size[2])};
    EXPECT_LE(sheet.height, 5000) << m.instance.name;
    const auto boxes = rectangles_in(svg);
    EXPECT_GT(boxes.size(), 4U);
    for (size_t i = 0; i < boxes.size(); ++i) {
      EXPECT_TRUE(inside(boxes[i], sheet)) << m.name << " " << m.instance.name;
      for (size_t j = 0; j < i; ++j) {
        ASSERT_TRUE(apart(boxes[i], boxes[j]) || inside(boxes[i], boxes[j]))
            << m.name << " " << m.instance.name << ": box at " << boxes[i].x << "," << boxes[i].y
            << " crosses " << boxes[j].x << "," << boxes[j].y;
      }
    }
  }
}

// Text is measured with the mean width of a glyph of Helvetica, a little generously.
TEST(Picture, TextStaysInItsBox) {
  static const std::regex words(
      R"x(<text x="([\d.]+)" y="([\d.]+)" font-size="([\d.]+)")x"
      R"x( text-anchor="(\w+)" fill="[^"]*"( font-weight="bold")?>([^<]*)<)x");
  for (const machine::Machine& m : drawn_machines()) {
    const std::string svg = machine_svg(m);
    const auto boxes = rectangles_in(svg);
    for (std::sregex_iterator at(svg.begin(), svg.end(), words), end; at != end; ++at) {
      const double size = std::stod((*at)[3]);
      const double width = static_cast<double>(width_of((*at)[6].str())) * size * 0.53;
      const double x = std::stod((*at)[1]), y = std::stod((*at)[2]);
      const double left = (*at)[4] == "middle" ? x - width / 2 : (*at)[4] == "end" ? x - width : x;
      const Box text{left, y - size * 0.75, width, size * 0.9};
      EXPECT_GE(left, 0) << (*at)[6];
      EXPECT_LE(text.right(), 1240) << (*at)[6];
      for (const Box& box : boxes) {
        EXPECT_TRUE(apart(text, box) || inside(text, box) || inside(box, text))
            << m.name << " " << m.instance.name << ": \"" << (*at)[6] << "\"";
      }
    }
  }
}

TEST(Picture, TagsAreClosedAndTextIsEscaped) {
  Svg svg;
  svg.text(1, 2, "a < b & \"c\"\x01");
  svg.rect({0, 0, 1, 1}, "#fff", "#000");
  const std::string document = svg.document(10, 10, "<&>");
  EXPECT_NE(document.find(">a &lt; b &amp; &quot;c&quot;</text>"), std::string::npos);
  EXPECT_NE(document.find("<title>&lt;&amp;&gt;</title>"), std::string::npos);
  const auto count = [&](const std::string& part) {
    size_t n = 0;
    for (size_t at = document.find(part); at != std::string::npos;
         at = document.find(part, at + 1)) {
      ++n;
    }
    return n;
  };
  EXPECT_EQ(count("<"), count(">"));
  EXPECT_EQ(count("<text"), count("</text>"));
  EXPECT_TRUE(document.ends_with("</svg>\n"));
}

TEST(Canvas, CutsOffWhatDoesNotFit) {
  Canvas canvas(6, 3);
  canvas.box(-1, -1, 20, 9, "title", {"text"});
  canvas.box(0, 0, 6, 3, "", {"µµµµµµµ"});
  canvas.down(99, -5, 99, true, true);
  EXPECT_EQ(canvas.str(), "┌────┐\n│ µµµµ\n└────┘\n");
}

TEST(File, AppearsWholeOrNotAtAll) {
  const fs::path folder = fs::path(testing::TempDir()) / "write_file_test";
  fs::remove_all(folder);
  fs::create_directory(folder);
  const std::string path = (folder / "a.svg").string();
  write_file(path, "first");
  write_file(path, "second");
  std::ifstream in(path);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  EXPECT_EQ(text, "second");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 1);
  EXPECT_THROW(write_file((folder / "none" / "a.svg").string(), "x"), base::Error);
  fs::create_directory(folder / "b.svg");
  EXPECT_THROW(write_file((folder / "b.svg").string(), "x"), base::Error) << "a folder";
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 2)
      << "a temporary file was left behind";

  const std::string picture = (folder / "trn2.svg").string();
  EXPECT_EQ(run_command({"machines", "trn2", "--svg", picture.c_str()}).status, 0);
  EXPECT_GT(fs::file_size(picture), 5000U);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace trainyard::cli
