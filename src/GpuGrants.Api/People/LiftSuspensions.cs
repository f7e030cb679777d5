using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Independence;

namespace GpuGrants.Api.People;

/// <summary>Lifts suspensions: those of a person, or those that came with an organization, and the organization's own.</summary>
internal sealed class LiftSuspensions : Command<SuspensionView>
{
    /// <summary>Those that were open when the endpoint looked.</summary>
    public required IReadOnlyList<Guid> SuspensionIds { get; init; }

    public Guid? OrganizationId { get; init; }

    /// <summary>Nobody lifts what stops their own people.</summary>
    public required Decider Decider { get; init; }

    public override void Plan(BatchState batch)
    {
        Decider.Plan(batch);
        foreach (var id in SuspensionIds)
            if (batch.Rows<Suspension>().TryRead(new RowKey(id), out var row) && row is not null)
                batch.Table<Belongings>().Want(row.PersonId);
        if (OrganizationId is { } organization)
            batch.Rows<Organization>().Want(new RowKey(organization));
    }

    public override Outcome<SuspensionView> Decide(BatchState batch)
    {
        var rows = batch.Rows<Suspension>();
        var open = SuspensionIds.Select(one => rows.Find(new RowKey(one))!).Where(row => row.LiftedAt is null).ToList();
        var organization = OrganizationId is { } id ? batch.Rows<Organization>().Find(new RowKey(id)) : null;
        if (organization is null ? open.Count == 0 : organization.Status != OrganizationStatus.Suspended)
            return Refusal.Conflict("not-suspended", "Nothing is suspended here.");
        if (Decider.Refuse(batch, batch.Tree(Tree).At, [.. Parties(batch, open)]) is { } own)
            return own;
        foreach (var row in open)
        {
            (row.LiftedAt, row.LiftedBy) = (batch.Tree(Tree).At, Actor.PrincipalId);
            rows.Update(row);
            batch.Statement<StandingOfPeople>().Refresh(row.PersonId);
            batch.RecordEvent(Tree, Actor, PersonEvents.SuspensionLifted, new PersonData(row.PersonId));
        }

        if (organization is not null)
            SuspensionEndpoints.SetStatus(batch, Actor, organization, "active");
        Decider.Decided(batch, Tree, OrganizationId ?? open[0].PersonId);
        return new SuspensionView([.. open.Select(row => row.PersonId).Distinct()], OrganizationId);
    }

    /// <summary>The people who may act again, all organizations that they belong to, and the organization itself.</summary>
    private IEnumerable<Party> Parties(BatchState batch, IReadOnlyList<Suspension> open)
    {
        if (OrganizationId is { } id)
            yield return Party.Organization(id);
        foreach (var person in open.Select(row => row.PersonId).Distinct())
        {
            yield return Party.Person(person);
            foreach (var one in batch.Table<Belongings>().Of(person))
                if (one is { Kind: PartyKind.Organization, Until: null })
                    yield return Party.Organization(one.Id);
        }
    }
}
