// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Line plots as SVG files: several series, linear or logarithmic axes, ticks, a legend. No dependency.
//
//     svg::plot p("Softmax regression", "epoch", "mean loss");
//     p.add("training", epochs, losses);
//     p.log_y().save("loss.svg");

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace svg {

/// What goes wrong with a plot: series of different lengths, a file that cannot be written.
struct plot_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

namespace detail {

inline std::string escaped(std::string_view s)
{
    std::string out;
    for (char c : s) {
        if (c == '&') out += "&amp;";
        else if (c == '<') out += "&lt;";
        else if (c == '>') out += "&gt;";
        else if (c == '"') out += "&quot;";
        else out += c;
    }
    return out;
}

inline std::string number(double v, const char* format = "%.2f")
{
    std::array<char, 32> text;
    std::snprintf(text.data(), text.size(), format, v);
    return text.data();
}

/// A range of values and how it is laid along a line of pixels.
struct axis {
    std::string label;
    bool logarithmic = false;
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();

    bool shows(double v) const { return std::isfinite(v) && (!logarithmic || v > 0); }
    double scale(double v) const { return logarithmic ? std::log10(v) : v; }
    double at(double v) const { return (scale(v) - scale(low)) / (scale(high) - scale(low)); }

    /// Step between ticks: 1, 2 or 5 times a power of ten, so that there are about six.
    double step() const
    {
        const double raw = (high - low) / 6;
        const double power = std::pow(10.0, std::floor(std::log10(raw)));
        const double lead = raw / power;
        return power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
    }

    /// A range without extent gets one; a linear range ends on ticks if `round` is set, a logarithmic one on powers of ten.
    void finish(bool round)
    {
        if (low > high) low = 1, high = 2;   // nothing to show
        if (low == high) {
            const double margin = logarithmic ? 0 : low == 0 ? 1 : 0.1 * std::abs(low);
            low = logarithmic ? low / 2 : low - margin;
            high = logarithmic ? high * 2 : high + margin;
        }
        if (logarithmic) {
            // Powers of ten at the ends only where they leave little empty.
            const double down = std::pow(10.0, std::floor(std::log10(low))), up = std::pow(10.0, std::ceil(std::log10(high)));
            low = low / down < 2.5 ? down : 0.9 * low;
            high = up / high < 2.5 ? up : 1.1 * high;
        } else if (round) {
            const double s = step();
            low = s * std::floor(low / s + 1e-9);
            high = s * std::ceil(high / s - 1e-9);
        }
    }

    std::vector<std::pair<double, std::string>> ticks() const
    {
        std::vector<std::pair<double, std::string>> out;
        if (logarithmic) {
            const double decades = std::log10(high / low);
            const double every = std::max(1.0, std::round(decades / 6));   // decades between ticks
            for (double e = std::floor(std::log10(low)); e <= std::ceil(std::log10(high)); e += every)
                for (double m : {1.0, 2.0, 5.0}) {
                    const double v = m * std::pow(10.0, e);
                    if ((m > 1 && decades > 2) || v < low * (1 - 1e-9) || v > high * (1 + 1e-9)) continue;
                    out.emplace_back(v, std::abs(e) < 4 ? number(v, "%g") : number(v, "%.0e"));
                }
        } else {
            const double s = step();
            for (double k = std::ceil(low / s - 1e-9); k * s <= high + 1e-9 * s; ++k) {
                const double v = k * s;
                out.emplace_back(v, number(k == 0 ? 0 : v, "%g"));
            }
        }
        return out;
    }
};

} // namespace detail

class plot {
public:
    plot(std::string title, std::string x_label, std::string y_label) : title_(std::move(title))
    {
        x_.label = std::move(x_label);
        y_.label = std::move(y_label);
    }

    /// A series of points; both ranges must be equally long. Points that are not finite, or not positive on a logarithmic axis, leave a
    /// gap in the line.
    template <class X, class Y>
    plot& add(std::string name, const X& x, const Y& y)
    {
        series s{std::move(name), {x.begin(), x.end()}, {y.begin(), y.end()}};
        if (s.x.size() != s.y.size())
            throw plot_error("svg::plot::add(\"" + s.name + "\", x, y): x has " + std::to_string(s.x.size()) + " numbers and y has " +
                             std::to_string(s.y.size()) + "; they must be equally many.");
        series_.push_back(std::move(s));
        return *this;
    }

    plot& log_x() { return x_.logarithmic = true, *this; }
    plot& log_y() { return y_.logarithmic = true, *this; }

    std::string text() const
    {
        using detail::escaped, detail::number;
        detail::axis x = x_, y = y_;
        for (const series& s : series_)
            for (std::size_t i = 0; i < s.x.size(); ++i)
                if (x.shows(s.x[i]) && y.shows(s.y[i])) {
                    x.low = std::min(x.low, s.x[i]), x.high = std::max(x.high, s.x[i]);
                    y.low = std::min(y.low, s.y[i]), y.high = std::max(y.high, s.y[i]);
                }
        x.finish(false);
        y.finish(true);

        const auto px = [&](double v) { return left + x.at(v) * (width - left - right); };
        const auto py = [&](double v) { return height - bottom - y.at(v) * (height - top - bottom); };
        std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 440\" width=\"720\" height=\"440\" "
                          "font-family=\"Helvetica, Arial, sans-serif\" font-size=\"12\" fill=\"#333\">\n"
                          "<rect width=\"720\" height=\"440\" fill=\"white\"/>\n";
        const auto text = [&](double at_x, double at_y, std::string_view how, const std::string& what) {
            out += "<text x=\"" + number(at_x) + "\" y=\"" + number(at_y) + "\" " + std::string(how) + ">" + escaped(what) + "</text>\n";
        };
        const auto line = [&](double x1, double y1, double x2, double y2, const char* colour) {
            out += "<line x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" + number(x2) + "\" y2=\"" + number(y2) +
                   "\" stroke=\"" + colour + "\"/>\n";
        };

        text(left, 28, "font-size=\"16\" font-weight=\"bold\"", title_);
        for (const auto& [v, name] : y.ticks()) {
            line(left, py(v), width - right, py(v), "#e6e6e6");
            text(left - 8, py(v) + 4, "text-anchor=\"end\"", name);
        }
        for (const auto& [v, name] : x.ticks()) {
            line(px(v), height - bottom, px(v), height - bottom + 5, "#888");
            text(px(v), height - bottom + 20, "text-anchor=\"middle\"", name);
        }
        line(left, height - bottom, width - right, height - bottom, "#888");
        text((left + width - right) / 2, height - 12, "text-anchor=\"middle\"", x.label);
        text(0, 0, "text-anchor=\"middle\" transform=\"translate(18 " + number((top + height - bottom) / 2) + ") rotate(-90)\"", y.label);

        for (std::size_t k = 0; k < series_.size(); ++k) {
            const series& s = series_[k];
            const char* colour = colours[k % colours.size()];
            std::string path;
            std::size_t in_run = 0, points = 0;   // points since the last gap
            for (std::size_t i = 0; i < s.x.size(); ++i) {
                if (!x.shows(s.x[i]) || !y.shows(s.y[i])) {
                    in_run = 0;
                    continue;
                }
                path += (in_run++ ? "L" : "M") + number(px(s.x[i])) + " " + number(py(s.y[i]));
                ++points;
            }
            out += "<path d=\"" + path + "\" fill=\"none\" stroke=\"" + colour + "\" stroke-width=\"2\" stroke-linejoin=\"round\"/>\n";
            for (std::size_t i = 0; points <= 25 && i < s.x.size(); ++i)   // few points are worth a mark each
                if (x.shows(s.x[i]) && y.shows(s.y[i]))
                    out += "<circle cx=\"" + number(px(s.x[i])) + "\" cy=\"" + number(py(s.y[i])) + "\" r=\"3\" fill=\"" + colour + "\"/>\n";
            const double legend = top + 20.0 * static_cast<double>(k);
            out += "<line x1=\"" + number(width - right + 16) + "\" y1=\"" + number(legend + 6) + "\" x2=\"" + number(width - right + 38) +
                   "\" y2=\"" + number(legend + 6) + "\" stroke=\"" + colour + "\" stroke-width=\"3\"/>\n";
            text(width - right + 44, legend + 10, "", s.name);
        }
        return out + "</svg>\n";
    }

    /// Writes the file; throws plot_error if that fails.
    void save(const std::string& path) const
    {
        std::ofstream out(path);
        out << text();
        out.flush();
        if (!out) throw plot_error("svg::plot::save: cannot write '" + path + "'.");
    }

private:
    struct series {
        std::string name;
        std::vector<double> x, y;
    };
    static constexpr double width = 720, height = 440, left = 76, right = 168, top = 48, bottom = 56;
    // Distinguishable with every kind of colour vision (Okabe and Ito, 2008).
    static constexpr std::array<const char*, 7> colours{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555"};

    std::string title_;
    detail::axis x_, y_;
    std::vector<series> series_;
};

} // namespace svg
