using GpuGrants.People;

namespace GpuGrants.Tests.People;

public sealed class CountriesTests
{
    [Fact]
    public void The_standard_has_249_countries() => Assert.Equal(249, Countries.All.Count);

    [Theory]
    [InlineData("KR", true)]
    [InlineData("GB", true)]
    [InlineData("BV", true)]
    [InlineData("UK", false)]
    [InlineData("EU", false)]
    [InlineData("XX", false)]
    [InlineData("kr", false)]
    [InlineData("KOR", false)]
    public void Only_codes_of_the_standard_are_countries(string text, bool isCode) => Assert.Equal(isCode, Countries.IsCode(text));

    [Theory]
    [InlineData("UK", "GB")]
    [InlineData("uk", "GB")]
    [InlineData("kr", "KR")]
    [InlineData("XX", null)]
    public void A_common_mistake_is_understood(string text, string? meant) => Assert.Equal(meant, Countries.Meant(text));
}
