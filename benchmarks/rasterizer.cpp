// The rasteriser of habitus/rendering/rasterizer_numba.py in C++: the same algorithm and types, images of the batch in
// parallel by OpenMP. Compiled and timed by bench_rendering.py; no part of the package.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

extern "C" void rasterize(int64_t batch, int64_t count, int64_t num_faces, int64_t height, int64_t width,
                          const float *screen, const uint32_t *faces, int32_t *face_id, float *depth, int threads) {
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int64_t b = 0; b < batch; b++) {
        std::vector<int32_t> xs(count), ys(count);
        std::vector<float> zs(count);
        const int32_t unusable = INT32_MAX;
        for (int64_t i = 0; i < count; i++) {
            const float *p = screen + (b * count + i) * 3;
            if (std::fabs(p[0]) <= 131072.f && std::fabs(p[1]) <= 131072.f && std::fabs(p[2]) < INFINITY) {
                xs[i] = (int32_t)std::floor(p[0] * 256.f + 0.5f);
                ys[i] = (int32_t)std::floor(p[1] * 256.f + 0.5f);
                zs[i] = p[2];
            } else {
                xs[i] = unusable;
            }
        }
        int32_t *ids = face_id + b * height * width;
        float *nearest = depth + b * height * width;
        std::fill(ids, ids + height * width, -1);
        std::fill(nearest, nearest + height * width, 0.f);
        for (int64_t f = 0; f < num_faces; f++) {
            uint32_t i = faces[3 * f], j = faces[3 * f + 1], k = faces[3 * f + 2];
            int64_t x0 = xs[i], x1 = xs[j], x2 = xs[k], y0 = ys[i], y1 = ys[j], y2 = ys[k];
            int64_t right = std::max({x0, x1, x2});
            if (right == unusable) continue;
            int64_t left = std::max<int64_t>((std::min({x0, x1, x2}) + 127) >> 8, 0);
            right = std::min((right - 128) >> 8, width - 1);
            int64_t top = std::max<int64_t>((std::min({y0, y1, y2}) + 127) >> 8, 0);
            int64_t bottom = std::min((std::max({y0, y1, y2}) - 128) >> 8, height - 1);
            if (left > right || top > bottom) continue;
            int64_t area = (x2 - x0) * (y1 - y0) - (y2 - y0) * (x1 - x0);
            if (area == 0) continue;
            double z0 = zs[i], z1 = zs[j], z2 = zs[k];
            if (area < 0) {
                area = -area;
                std::swap(x1, x2);
                std::swap(y1, y2);
                std::swap(z1, z2);
            }
            double inverse = 1.0 / (double)area;
            int64_t bias0 = (y2 > y1 || (y2 == y1 && x2 < x1)) ? 0 : 1;
            int64_t bias1 = (y0 > y2 || (y0 == y2 && x0 < x2)) ? 0 : 1;
            int64_t bias2 = (y1 > y0 || (y1 == y0 && x1 < x0)) ? 0 : 1;
            int64_t px = left * 256 + 128, py = top * 256 + 128;
            int64_t row0 = (px - x1) * (y2 - y1) - (py - y1) * (x2 - x1) - bias0;
            int64_t row1 = (px - x2) * (y0 - y2) - (py - y2) * (x0 - x2) - bias1;
            int64_t row2 = (px - x0) * (y1 - y0) - (py - y0) * (x1 - x0) - bias2;
            for (int64_t r = top; r <= bottom; r++) {
                int64_t w0 = row0, w1 = row1, w2 = row2;
                for (int64_t c = left; c <= right; c++) {
                    if ((w0 | w1 | w2) >= 0) {
                        double weighted = (double)(w0 + bias0) * z0 + (double)(w1 + bias1) * z1;
                        float z = (float)((weighted + (double)(w2 + bias2) * z2) * inverse);
                        int64_t at = r * width + c;
                        if (ids[at] < 0 || z > nearest[at]) {
                            ids[at] = (int32_t)f;
                            nearest[at] = z;
                        }
                    }
                    w0 += 256 * (y2 - y1);
                    w1 += 256 * (y0 - y2);
                    w2 += 256 * (y1 - y0);
                }
                row0 -= 256 * (x2 - x1);
                row1 -= 256 * (x0 - x2);
                row2 -= 256 * (x1 - x0);
            }
        }
    }
}
