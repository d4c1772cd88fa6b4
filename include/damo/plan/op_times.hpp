// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

namespace damo::plan {

// Written by bench/costs. The time of one element, in units of one vector addition whose operands are in registers; the greater
// of float and double. Rising by id.
struct op_time {
    std::uint32_t op;
    int time;
};
inline constexpr op_time op_times[] = {
    {90969176u, 1}, // where
    {108579519u, 30}, // atan
    {120017013u, 50}, // atanh
    {138129653u, 1}, // not_equal
    {153638352u, 50}, // tanh
    {213683108u, 2}, // sign
    {282220607u, 12}, // sinh
    {560682936u, 1}, // less
    {709362235u, 1}, // abs
    {796199151u, 1}, // equal
    {949595969u, 1}, // neg
    {993596020u, 1}, // add
    {1006755615u, 50}, // acos
    {1062293841u, 30}, // log
    {1233692425u, 120}, // erfc
    {1326178875u, 1}, // round
    {1479764693u, 120}, // pow
    {1542649473u, 2}, // maximum
    {1659167240u, 1}, // ceil
    {1923516200u, 20}, // exp
    {2023196176u, 120}, // erf
    {2112764879u, 12}, // sqrt
    {2445018634u, 1}, // stop_gradient
    {2474713847u, 2}, // minimum
    {2489882020u, 1}, // exact
    {2633446552u, 20}, // tan
    {3031831110u, 1}, // square
    {3102149661u, 1}, // floor
    {3132202570u, 80}, // asinh
    {3173440503u, 50}, // atan2
    {3192812778u, 30}, // expm1
    {3420613616u, 30}, // log1p
    {3579732453u, 1}, // trunc
    {3696113941u, 1}, // sub
    {3728755965u, 1}, // cond
    {3761252941u, 20}, // sin
    {3848448840u, 8}, // div
    {3870323189u, 8}, // reciprocal
    {3951357313u, 1}, // mul
    {3992111189u, 300}, // acosh
    {4043487055u, 1}, // less_equal
    {4099687964u, 30}, // cosh
    {4220379804u, 20}, // cos
    {4272848550u, 30}, // asin
};

// Storing an element and loading it again, outside the caches.
inline constexpr int time_of_memory = 20;

} // namespace damo::plan
