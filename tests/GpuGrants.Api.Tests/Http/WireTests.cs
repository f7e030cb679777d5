using System.Globalization;
using CsCheck;
using GpuGrants.Api.Json;

namespace GpuGrants.Api.Tests.Http;

public sealed class WireTests
{
    [Theory]
    [InlineData("2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z")]
    [InlineData("2026-03-01T12:00:00.100Z", "2026-03-01T12:00:00.1Z")]
    [InlineData("2026-03-01T12:00:00.000001Z", "2026-03-01T12:00:00.000001Z")]
    [InlineData("2026-03-01T12:00:00.0000009Z", "2026-03-01T12:00:00Z")]
    [InlineData("2026-03-01T21:00:00+09:00", "2026-03-01T12:00:00Z")]
    [InlineData("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.999999Z")]
    public void A_moment_is_written_in_utc_to_the_microsecond_without_trailing_zeros(string moment, string written) =>
        Assert.Equal($"\"{written}\"", ApiJson.WriteText(DateTimeOffset.Parse(moment, CultureInfo.InvariantCulture)));

    [Fact]
    public void Any_moment_that_is_written_reads_back_as_the_same_microsecond() =>
        Gen.Long[DateTimeOffset.MinValue.Ticks, DateTimeOffset.MaxValue.Ticks]
            .Sample(ticks =>
            {
                var moment = new DateTimeOffset(ticks, TimeSpan.Zero);
                var read = System.Text.Json.JsonSerializer.Deserialize<DateTimeOffset>(ApiJson.WriteText(moment), ApiJson.Options);
                Assert.Equal(ticks - (ticks % TimeSpan.TicksPerMicrosecond), read.Ticks);
            });

    [Theory]
    [InlineData(0, "0")]
    [InlineData(7_200, "2")]
    [InlineData(36, "0.01")]
    [InlineData(5_400, "1.5")]
    [InlineData(1, "0.000278")]
    [InlineData(-5_400, "-1.5")]
    public void Gpu_seconds_are_written_as_hours_without_trailing_zeros(long seconds, string written) =>
        Assert.Equal(written, ApiJson.WriteText(Wire.Hours(seconds)));

    [Fact]
    public void Whole_hours_and_parts_of_hours_are_written_alike() =>
        Gen.Long[-10_000_000, 10_000_000]
            .Sample(seconds =>
                Assert.Equal(
                    Math.Round(seconds / 3_600m, 6).ToString("0.######", CultureInfo.InvariantCulture),
                    ApiJson.WriteText(Wire.Hours(seconds))
                )
            );
}
