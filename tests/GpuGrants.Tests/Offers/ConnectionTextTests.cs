using CsCheck;
using GpuGrants.Offers;

namespace GpuGrants.Tests.Offers;

/// <summary>An offer says how to connect, and each grant fills in its own values.</summary>
public class ConnectionTextTests
{
    private static readonly ConnectionValues Values = new()
    {
        GrantId = new Guid("0190f5d2-8c1e-7c3a-9b1d-2f3e4a5b6c7d"),
        OfferId = Guid.Empty,
        OrganizationId = Guid.Empty,
        ProgrammeId = Guid.Empty,
        ProjectId = null,
        GpuModel = "h100",
        Gpus = "2",
        Region = "kr-central",
        StartsAt = "2026-11-27T00:00:00Z",
        ExpiresAt = "2026-12-27T00:00:00Z",
    };

    [Theory]
    [InlineData("ssh {{grantId}}@{{region}}.example", "ssh 0190f5d2-8c1e-7c3a-9b1d-2f3e4a5b6c7d@kr-central.example")]
    [InlineData("{{ gpus }} x {{gpuModel}} until {{expiresAt}}", "2 x h100 until 2026-12-27T00:00:00Z")]
    [InlineData("project '{{projectId}}'", "project ''")]
    [InlineData("Helm takes {replicas} in single braces", "Helm takes {replicas} in single braces")]
    [InlineData("", "")]
    public void A_grant_fills_in_its_own_values(string text, string expected)
    {
        Assert.Null(ConnectionText.FindMistake(text));
        Assert.Equal(expected, ConnectionText.Fill(text, Values));
    }

    [Theory]
    [InlineData("{{grantID}}", "grantID")]
    [InlineData("{{grantId}} {{secret}} {{other}}", "secret")]
    [InlineData("{{}}", "")]
    [InlineData("{{grantId", "{{")]
    [InlineData("{{region}} and {{", "{{")]
    [InlineData("{{{grantId}}}", "{grantId")]
    public void A_place_that_cannot_be_filled_is_found(string text, string mistake) =>
        Assert.Equal(mistake, ConnectionText.FindMistake(text));

    [Fact]
    public void A_right_text_has_no_place_left_when_it_is_filled() =>
        Gen.OneOf(Gen.OneOfConst([.. ConnectionText.Names]).Select(name => "{{" + name + "}}"), Gen.String[Gen.Char["ab {}"], 0, 6])
            .Array[0, 8]
            .Select(parts => string.Concat(parts))
            .Where(text => ConnectionText.FindMistake(text) is null)
            .Sample(text =>
                Assert.DoesNotContain(
                    ConnectionText.Names,
                    name => ConnectionText.Fill(text, Values).Contains("{{" + name + "}}", StringComparison.Ordinal)
                )
            );
}
