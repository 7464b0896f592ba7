#include "relay/window.hpp"

#include <catch2/catch_test_macros.hpp>
#include <cstring>
#include <string>

namespace {

using sluice::block_bytes;
using sluice::block_pool;
using sluice::byte_view;
using sluice::relay::window;

// Reads `text` into the window as a socket would and returns where it lies.
void put(window& w, const std::string& text) {
  const auto to = w.space();
  REQUIRE(to.size() >= text.size());
  std::memcpy(to.data(), text.data(), text.size());
  w.add_input(text.size());
}

std::string content(const window& w) {
  std::string out;
  for (std::size_t i = 0; i < w.pieces(); ++i) out += w.piece(i);
  return out;
}

byte_view take(window& w, std::size_t n) {
  const byte_view v(w.input().data(), n);
  w.consume_input(n);
  return v;
}

}  // namespace

TEST_CASE("content is kept where it was read, without a copy") {
  block_pool pool(1, 0);
  window w(pool, 16 * 1024);
  put(w, "Subject: x\r\n");
  const char* before = w.input().data();
  CHECK(w.commit(take(w, 12)) == 12);
  CHECK(w.piece(0).data() == before);
  CHECK(content(w) == "Subject: x\r\n");
}

TEST_CASE("content behind a gap is moved down and pipelined input stays behind it") {
  block_pool pool(1, 0);
  window w(pool, 16 * 1024);
  put(w, "abcBDAT 3\r\ndefQUIT\r\n");
  w.commit(take(w, 3));
  w.consume_input(8);  // a command between two chunks
  w.commit(take(w, 3));
  CHECK(content(w) == "abcdef");
  CHECK(byte_view(w.input().data(), w.input().size()) == "QUIT\r\n");
  w.drop_content();
  CHECK(byte_view(w.input().data(), w.input().size()) == "QUIT\r\n");
  CHECK(w.size() == 0);
}

TEST_CASE("a full block is followed by a shared one until the window or the pool is used up") {
  block_pool pool(2, 2);
  window a(pool, 8 * block_bytes);
  const std::string block(block_bytes, 'x');
  for (int i = 0; i < 3; ++i) {
    put(a, block);
    a.commit(take(a, block_bytes));
  }
  bool refused = false;
  CHECK(a.space(&refused).empty());
  CHECK(refused);
  CHECK(a.size() == 3 * block_bytes);
  CHECK(pool.shared().used() == 2 * block_bytes);

  window b(pool, 8 * block_bytes);
  CHECK(b.space().size() == block_bytes);  // its guaranteed part can always be had
  a.release();
  CHECK(pool.shared().used() == 0);
  CHECK(pool.guaranteed().used() == block_bytes);
  CHECK(pool.shared().peak() == 2 * block_bytes);
}

TEST_CASE("the window's own maximum is no refusal of the pool") {
  block_pool pool(1, 8);
  window w(pool, 2 * block_bytes);
  for (int i = 0; i < 2; ++i) {
    put(w, std::string(block_bytes, 'y'));
    w.commit(take(w, block_bytes));
  }
  bool refused = true;
  CHECK(w.space(&refused).empty());
  CHECK_FALSE(refused);
}

TEST_CASE("after its content is dropped a window keeps the guaranteed block and gives shared ones back") {
  block_pool pool(1, 4);
  window w(pool, 4 * block_bytes);
  put(w, std::string(block_bytes, 'z'));
  w.commit(take(w, block_bytes));
  put(w, "tail and MAIL");
  w.commit(take(w, 9));
  w.drop_content();
  CHECK(pool.shared().used() == 0);
  CHECK(pool.guaranteed().used() == block_bytes);
  CHECK(byte_view(w.input().data(), w.input().size()) == "MAIL");
  w.consume_input(4);
  w.release_if_idle();
  CHECK(pool.guaranteed().used() == 0);
  CHECK_FALSE(w.holds_block());
}

TEST_CASE("content from another buffer is copied as far as there is room") {
  block_pool pool(1, 0);
  window w(pool, block_bytes);
  std::string big(block_bytes + 10, 'q');
  CHECK(w.commit(big) == block_bytes);
  CHECK(w.commit(byte_view(big).substr(block_bytes)) == 0);
}

TEST_CASE("blocks of the pool are distinct and come back") {
  block_pool pool(2, 3);
  char* a = pool.take_guaranteed();
  char* b = pool.take_shared();
  CHECK(a != b);
  pool.give_back(a, false);
  pool.give_back(b, true);
  CHECK(pool.take_shared() != nullptr);
  CHECK(pool.take_shared() != nullptr);
  CHECK(pool.take_shared() != nullptr);
  CHECK(pool.take_shared() == nullptr);
  CHECK(pool.shared().refused() == 1);
}
