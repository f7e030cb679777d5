using GpuGrants.Requests;

namespace GpuGrants.Api.Decisions;

/// <summary>
/// All that rules know of an organization at a moment: <see cref="PresentContext"/> takes nothing else of it. Whoever keeps what was
/// matched compares this, to know whether the organization as it is now would be matched alike.
/// </summary>
/// <param name="IsVerified">Whether its domain or identity is verified at the moment.</param>
/// <param name="PartnerId">Its first partner; null without one.</param>
/// <param name="OwnerIds">Its owners, by id.</param>
public readonly record struct SeenOrganization(
    Guid Id,
    string Kind,
    DateTimeOffset CreatedAt,
    bool IsVerified,
    Guid? PartnerId,
    Guid[] OwnerIds
)
{
    public static SeenOrganization Of(Organization row, DateTimeOffset at) =>
        new(row.Id, row.Kind, row.CreatedAt, row.VerificationAt(at) > VerificationLevel.Email, row.PartnerId, row.OwnerIds);

    /// <summary>Owners are compared one by one, because each reading of a row makes another array.</summary>
    public bool Equals(SeenOrganization other) =>
        (Id, Kind, CreatedAt, IsVerified, PartnerId) == (other.Id, other.Kind, other.CreatedAt, other.IsVerified, other.PartnerId)
        && OwnerIds.AsSpan().SequenceEqual(other.OwnerIds);

    public override int GetHashCode() => HashCode.Combine(Id, Kind, CreatedAt, IsVerified, PartnerId, OwnerIds.Length);
}
