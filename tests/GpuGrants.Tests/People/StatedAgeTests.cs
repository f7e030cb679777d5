using CsCheck;
using GpuGrants.People;

namespace GpuGrants.Tests.People;

public sealed class StatedAgeTests
{
    private static readonly DateTimeOffset Summer = new(2026, 7, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(2010, AgeStanding.Minor)]
    [InlineData(2008, AgeStanding.Minor)]
    [InlineData(2007, AgeStanding.OfAge)]
    [InlineData(1970, AgeStanding.OfAge)]
    [InlineData(null, AgeStanding.NotStated)]
    public void A_year_makes_a_minor_through_the_year_of_the_majority(int? year, AgeStanding expected)
    {
        Assert.Equal(expected, new StatedAge(year, false, false).At(Summer));
        Assert.Equal(expected == AgeStanding.Minor ? AgeStanding.Confirmed : expected, new StatedAge(year, false, true).At(Summer));
        Assert.Equal(AgeStanding.OfAge, new StatedAge(year, true, false).At(Summer));
    }

    [Fact]
    public void Nobody_becomes_a_minor_again_as_time_passes() =>
        Gen.Select(Gen.Int[1_900, 2_100], Gen.Int[0, 40_000], Gen.Int[0, 40_000], Gen.Bool)
            .Sample(
                (year, first, more, isConfirmed) =>
                {
                    var age = new StatedAge(year, false, isConfirmed);
                    var start = new DateTimeOffset(1_990, 1, 1, 0, 0, 0, TimeSpan.Zero);
                    return age.At(start.AddDays(first)) != AgeStanding.OfAge || age.At(start.AddDays(first + more)) == AgeStanding.OfAge;
                }
            );
}
