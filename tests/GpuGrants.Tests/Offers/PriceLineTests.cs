using GpuGrants.Offers;

namespace GpuGrants.Tests.Offers;

/// <summary>A line of a price list is an offer, or says what is wrong with it.</summary>
public class PriceLineTests
{
    private const string Good = "massedcompute,A6000x2,A6000,48,2,14,96,1.14,KansasCity_USA 1";

    [Fact]
    public void A_line_is_a_rate_per_GPU_hour_on_a_model_in_a_region()
    {
        var (line, column, _) = Read(Good);
        Assert.Null(column);
        Assert.Equal(
            ("massedcompute", "A6000x2", "a6000", 48, 2),
            (line!.Provider, line.InstanceType, line.ModelId, line.GpuMemoryGib, line.Gpus)
        );
        Assert.Equal((0.57m, "kansascity-usa-1"), (line.Rate.CreditsPerGpuHour, line.Region));
        Assert.Equal("A6000x2/kansascity-usa-1", line.Key);
        Assert.Equal(1.14m, Read(Good, 2).Line!.Rate.CreditsPerGpuHour);
    }

    [Theory]
    [InlineData("provider", 0, "")]
    [InlineData("instance_type", 1, "  ")]
    [InlineData("gpu_model", 2, "---")]
    [InlineData("gpu_memory_gib", 3, "0")]
    [InlineData("gpu_memory_gib", 3, "48.5")]
    [InlineData("gpus", 4, "-2")]
    [InlineData("gpus", 4, "two")]
    [InlineData("usd_per_hour", 7, "")]
    [InlineData("usd_per_hour", 7, "-1")]
    [InlineData("usd_per_hour", 7, "1e3")]
    [InlineData("usd_per_hour", 7, "1.0001")]
    [InlineData("usd_per_hour", 7, "0.001")]
    [InlineData("usd_per_hour", 7, "99999")]
    [InlineData("region", 8, "\u6771\u4EAC")]
    public void What_cannot_be_an_offer_names_its_column(string expected, int place, string text)
    {
        var fields = Good.Split(',');
        fields[place] = text;
        var (line, column, mistake) = Read(string.Join(',', fields));
        Assert.Null(line);
        Assert.Equal(expected, column);
        Assert.StartsWith("State", mistake, StringComparison.Ordinal);
    }

    private static (PriceLine? Line, string? Column, string? Mistake) Read(string line, decimal creditsPerUsd = 1)
    {
        var fields = line.Split(',');
        return PriceLine.Read(column => fields[PriceLine.Columns.ToList().IndexOf(column)], creditsPerUsd);
    }
}
