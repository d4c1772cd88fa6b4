// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <type_traits>
#include <vector>

#include <damo/graph/argument.hpp>

namespace damo::detail::graph {

// Two axes of arguments that must be equally long.
struct axis_pair {
    int input = 0;
    int axis = 0;
    int other = 0;
    int other_axis = 0;
};

// Where a result goes: a number of the caller is an array without axes.
template <class Y>
argument place_of(Y& y) {
    if constexpr (std::is_arithmetic_v<Y>) { return argument(array_view<Y, 0>{&y, {}, {}}); }
    else { return argument(y); }
}

// Views of the arguments and results of one call; memory is allocated where there are many.
class call_views {
  public:
    explicit call_views(std::size_t count) : many_(count > few ? count : 0) {}
    exec::raw_view* data() { return many_.empty() ? room_ : many_.data(); }

  private:
    static constexpr std::size_t few = 12;
    exec::raw_view room_[few];
    std::vector<exec::raw_view> many_;
};

} // namespace damo::detail::graph
