using GpuGrants.Api.Decisions;
using GpuGrants.Api.Rows;

namespace GpuGrants.Api.Tests.Quotas;

/// <summary>What rules know of an organization, by which remembered answers are proved to hold.</summary>
public sealed class SeenOrganizationTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly Guid Id = Guid.NewGuid();
    private static readonly Guid Owner = Guid.NewGuid();

    [Fact]
    public void Two_readings_of_the_same_row_are_alike() => Assert.Equal(Seen(Row()), Seen(Row()));

    [Fact]
    public void Whatever_rules_know_makes_a_difference_and_nothing_else_does()
    {
        Action<Organization>[] known =
        [
            row => row.Id = Guid.NewGuid(),
            row => row.Kind = "student",
            row => row.CreatedAt = Now.AddDays(-1),
            row => row.VerifiedLevel = null,
            row => row.VerifiedUntil = Now,
            row => row.PartnerId = Guid.NewGuid(),
            row => row.OwnerIds = [Owner, Guid.NewGuid()],
        ];
        Action<Organization>[] unknown =
        [
            row => row.Name = "Other",
            row => row.VerifiedLevel = "identity",
            row => row.VerifiedAt = Now.AddDays(-1),
            row => row.VerifiedUntil = Now.AddDays(1),
            row => row.VouchedBy = Guid.NewGuid(),
            row => row.Version = 7,
        ];
        foreach (var change in known)
            Assert.NotEqual(Seen(Row()), Seen(Row(change)));
        foreach (var change in unknown)
            Assert.Equal(Seen(Row()), Seen(Row(change)));
    }

    private static SeenOrganization Seen(Organization row) => SeenOrganization.Of(row, Now);

    private static Organization Row(Action<Organization>? change = null)
    {
        var row = new Organization
        {
            Id = Id,
            Kind = "startup",
            Name = "Startup",
            VerifiedLevel = "domain",
            CreatedAt = Now.AddDays(-100),
            OwnerIds = [Owner],
        };
        change?.Invoke(row);
        return row;
    }
}
