using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Trees;

namespace GpuGrants.Api.Organizations;

/// <summary>What a new organization is, as its maker says.</summary>
/// <param name="Kind">One of <see cref="OrganizationKinds"/>.</param>
/// <param name="Name">For people.</param>
/// <param name="Country">ISO 3166-1 alpha-2.</param>
/// <param name="Livemode">False for one that only tests.</param>
internal sealed record NewOrganization(string Kind, string Name, string Country, bool Livemode = true)
{
    /// <summary>Refuses an organization to a person who owns as many as one may.</summary>
    /// <param name="batch">The batch, which was asked for the person's holdings.</param>
    /// <param name="person">The person.</param>
    /// <param name="most">Organizations that one person may own.</param>
    public static Refusal? Refuse(BatchState batch, Guid person, int most) =>
        batch.Table<Holdings>().Of(person).Organizations < most
            ? null
            : Refusal.Conflict(
                "too-many-organizations",
                $"One person owns at most {most} organizations. You own {most}. Close one of them first, or ask for projects in it."
            ) with
            {
                Limit = most,
            };

    /// <summary>Makes it in the batch, with its first owner.</summary>
    /// <param name="actor">Who makes it.</param>
    /// <param name="owner">Makes or names the principal that owns the organization, whose id it is given.</param>
    /// <returns>The row, which the batch inserts.</returns>
    public Organization Make(BatchState batch, Actor actor, Func<Guid, Guid> owner)
    {
        var at = batch.Tree(TreeId.Platform).At;
        var row = new Organization
        {
            Id = Guid.CreateVersion7(at),
            Kind = Kind,
            Name = Name,
            Country = Country,
            Livemode = Livemode,
            Status = OrganizationStatus.Active,
            Version = 1,
            CreatedBy = actor.PrincipalId,
            CreatedAt = at,
            UpdatedAt = at,
        };
        batch.Rows<Organization>().Insert(row);
        Memberships.Assign(batch, actor, owner(row.Id), Roles.OrganizationOwner, row.Id);
        OrganizationChange.RecordEvent(batch, actor, row, OrganizationEvents.Created);
        return row;
    }
}
