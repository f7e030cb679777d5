using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Partners;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Api.Terms;

namespace GpuGrants.Api.People.Portals;

/// <summary>Makes a person and their organization on a partner's word, which a programme trusts in bounds.</summary>
internal sealed class VouchForPerson : Command<PartnerPersonEntered>
{
    public required Guid PartnerId { get; init; }

    /// <summary>The root programme that trusts the partner.</summary>
    public required Guid ProgrammeId { get; init; }

    /// <summary>The row that the endpoint found; null for none.</summary>
    public required Guid? KnownId { get; init; }

    public required PartnerPersonBody Body { get; init; }

    /// <summary>The platform's terms in force, which the person accepted at the partner.</summary>
    public required IReadOnlyList<Guid> TermsIds { get; init; }

    public override void PlanAhead(BatchState batch)
    {
        batch.Rows<Partner>().Want(new RowKey(PartnerId));
        batch.Rows<PartnerTrust>().Want(new RowKey(ProgrammeId, PartnerId));
        if (KnownId is { } known)
            batch.Rows<PartnerPerson>().Want(new RowKey(known));
    }

    public override void Plan(BatchState batch)
    {
        PlanAhead(batch);
        batch.Table<VouchedPeople>().Want(PartnerId, ProgrammeId, batch.Tree(Tree).At);
        if (KnownId is not { } id || !batch.Rows<PartnerPerson>().TryRead(new RowKey(id), out var row) || row is null)
            return;
        PartnerPeople.PlanReturn(batch, row);
        batch.Table<LatestConsents>().Plan(batch, row);
    }

    public override Outcome<PartnerPersonEntered> Decide(BatchState batch)
    {
        if (batch.Rows<Partner>().Find(new RowKey(PartnerId)) is not { Status: "active" })
            return Refusal.Conflict("partner-not-active", "The partner is suspended or closed.");
        var known = KnownId is { } id ? batch.Rows<PartnerPerson>().Find(new RowKey(id)) : null;
        if (known is not null && known.ProgrammeId != ProgrammeId)
            return Refusal.Conflict(
                "person-confirms",
                "The person confirms by mail, or is vouched for in another programme. State what was stated before.",
                "vouchFor"
            );
        if (known is { Status: PartnerPerson.Active })
            return new PartnerPersonEntered(known, IsNew: false);
        if (Refuse(batch, isNew: known is null) is { } refused)
            return refused;
        if (known is null)
            return Enter(batch);
        return MayReturn(batch, known)
            ? Return(batch, known)
            : Refusal.Conflict(
                "consent-withdrawn",
                "The organization is not this person's any more, its owner gave the last consent, or somebody else ended it. "
                    + "Its owner consents by a code: POST /v1/organizations/{id}/consents.",
                "externalId"
            );
    }

    /// <summary>
    /// Whether the partner's word still stands for a consent: the organization is the person's, and the last consent came by that word too
    /// and was ended by nobody but the partner's people. One that is in force stays as it is.
    /// </summary>
    private bool MayReturn(BatchState batch, PartnerPerson row) =>
        PartnerPeople.OwnOrganization(batch, row, row.PersonId!.Value) is not null
        && batch.Table<LatestConsents>().Of(batch, row) is { Count: > 0 } latest
        && latest.TrueForAll(last => last.IsInForce(batch.Tree(Tree).At) || last is { CameWithSignUp: true, EndedByPartner: true });

    private IReadOnlyList<string> Scopes => Body.Scopes ?? [Access.Scopes.Read, Access.Scopes.Request];

    private Refusal? Refuse(BatchState batch, bool isNew)
    {
        if (batch.Rows<PartnerTrust>().Find(new RowKey(ProgrammeId, PartnerId)) is not { Status: PartnerTrust.Active } trust)
            return Refusal.Invalid("vouchFor", "No such programme trusts the partner's word. State an e-mail address instead.");
        var counts = batch.Table<VouchedPeople>().Of(PartnerId, ProgrammeId);
        if (counts.InAll >= trust.PeopleAtMost)
            return Refusal.Conflict(
                "too-many-people",
                $"The programme trusts the partner for at most {trust.PeopleAtMost} people. Remove some, or state an e-mail address.",
                "vouchFor"
            ) with
            {
                Limit = trust.PeopleAtMost,
            };
        return isNew && counts.LastDay >= trust.PeoplePerDay
            ? Refusal.Conflict(
                "too-many-people-today",
                $"The programme trusts the partner for at most {trust.PeoplePerDay} new people in 24 hours. Try again later.",
                "vouchFor"
            ) with
            {
                Limit = trust.PeoplePerDay,
            }
            : null;
    }

    private PartnerPersonEntered Enter(BatchState batch)
    {
        var at = batch.Tree(Tree).At;
        var person = Guid.CreateVersion7(at);
        NewPerson.AddPrincipal(batch, person, at);
        foreach (var terms in TermsIds)
            TermsEndpoints.Accept(batch, Actor with { PersonId = person }, terms);
        var organization = new NewOrganization(Body.Kind!, Body.OrganizationName ?? Body.Name!, Body.Country!).Make(
            batch,
            Actor,
            _ => person
        );
        (organization.VouchedBy, organization.VouchedFor) = (PartnerId, ProgrammeId);
        var row = PartnerPeople.New(batch, Actor, PartnerId, Body.ExternalId!, ProgrammeId);
        PartnerPeople.Activate(batch, Actor, row, person, organization, Scopes);
        batch.Rows<PartnerPerson>().Insert(row);
        PartnerPeople.RecordEvent(batch, Actor, row, PartnerPersonEvents.Confirmed);
        var counts = batch.Table<VouchedPeople>().Of(PartnerId, ProgrammeId);
        (counts.InAll, counts.LastDay) = (counts.InAll + 1, counts.LastDay + 1);
        return new PartnerPersonEntered(row, IsNew: true);
    }

    private PartnerPersonEntered Return(BatchState batch, PartnerPerson row)
    {
        var organization = batch.Rows<Organization>().Find(new RowKey(row.OrganizationId!.Value))!;
        PartnerPeople.Activate(batch, Actor, row, row.PersonId!.Value, organization, Scopes);
        OrganizationChange.Record(batch, Actor, organization, OrganizationEvents.Updated);
        PartnerPeople.Changed(batch, Actor, row, PartnerPersonEvents.Confirmed);
        batch.Table<VouchedPeople>().Of(PartnerId, ProgrammeId).InAll++;
        return new PartnerPersonEntered(row, IsNew: false);
    }
}
