using GpuGrants.Offers;
using GpuGrants.Units;

namespace GpuGrants.Tests.Offers;

public class OfferConsentTests
{
    private static readonly DateTimeOffset Today = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    private static readonly OfferConsent Consent = new()
    {
        Capacity = GpuTime.FromSeconds(3_600),
        EndsAt = Today.AddDays(30),
        Rates = [new(Today, Rate.FromMillicredits(2_000)), new(Today.AddDays(5), Rate.FromMillicredits(1_000))],
    };

    [Theory]
    [InlineData(0, 2_000, true)]
    [InlineData(0, 2_001, false)]
    [InlineData(10, 2_000, true)]
    [InlineData(-1, 500, false)]
    public void A_rate_is_covered_when_the_offer_charged_as_much_by_then(int day, long millicredits, bool covered) =>
        Assert.Equal(covered, Consent.CoversRate(new DatedRate(Today.AddDays(day), Rate.FromMillicredits(millicredits))));

    [Theory]
    [InlineData(3_600, true)]
    [InlineData(3_636, false)]
    public void Capacity_is_covered_up_to_what_was_accepted_in_all(long seconds, bool covered) =>
        Assert.Equal(covered, Consent.CoversCapacity(GpuTime.FromSeconds(seconds)));

    [Fact]
    public void An_end_is_covered_up_to_the_accepted_one_and_no_end_only_by_no_end()
    {
        Assert.True(Consent.CoversEnd(Consent.EndsAt));
        Assert.True(Consent.CoversEnd(Today));
        Assert.False(Consent.CoversEnd(Today.AddDays(31)));
        Assert.False(Consent.CoversEnd(null));
        Assert.True((Consent with { EndsAt = null }).CoversEnd(null));
    }
}
