using GpuGrants.Api.Access;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Partners;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.People.Portals;

/// <summary>What a partner stated of whom it signs up.</summary>
/// <param name="SignUp">As in any sign-up.</param>
/// <param name="PartnerPersonId">The row of <c>partner_people</c>.</param>
/// <param name="Scopes">What the partner may do for the organization.</param>
public sealed record PartnerSignUpDetails(SignUpDetails SignUp, Guid PartnerPersonId, IReadOnlyList<string> Scopes);

/// <summary>
/// Makes of a right code a person with an organization that the partner acts for. No client is made: whoever types the code may be the
/// partner. A wrong code counts, as in <see cref="ConfirmSignUp"/>.
/// </summary>
internal sealed class ConfirmPartnerSignUp : Command<PartnerPerson>
{
    public required Guid ProofId { get; init; }

    /// <summary>As it was typed.</summary>
    public required string Code { get; init; }

    public required Proofs Proofs { get; init; }

    public required HoldingOptions Limits { get; init; }

    public required DomainSignUps SignUps { get; init; }

    public override void PlanAhead(BatchState batch) => batch.Rows<AddressProof>().Want(new RowKey(ProofId));

    public override void Plan(BatchState batch)
    {
        if (
            !batch.Rows<AddressProof>().TryRead(new RowKey(ProofId), out var proof)
            || proof is null
            || Proofs.Read<PartnerSignUpDetails>(proof) is not { } details
        )
            return;
        NewPerson.Plan(batch, proof.Identity);
        NewPerson.PlanTerms(batch, proof.Identity, details.SignUp.TermsIds);
        SignUps.Plan(batch, details.SignUp.Email, AddressProof.PartnerSignUp);
        if (batch.Rows<PartnerPerson>().TryRead(new RowKey(details.PartnerPersonId), out var row) && row is not null)
        {
            batch.Rows<Partner>().Want(new RowKey(row.PartnerId));
            PartnerPeople.PlanReturn(batch, row);
        }
    }

    public override Outcome<PartnerPerson> Decide(BatchState batch)
    {
        var at = batch.Tree(Tree).At;
        if (!Proofs.Check(batch, ProofId, AddressProof.PartnerSignUp, Code, at).TryGet(out var proof, out var no))
            return no;
        if (Proofs.Read<PartnerSignUpDetails>(proof) is not { } details)
            return Proofs.Unreadable();
        var row = batch.Rows<PartnerPerson>().Find(new RowKey(details.PartnerPersonId))!;
        if (row.Status != PartnerPerson.Waiting)
            return Refusal.Conflict("code-used", "The partner no longer waits for this code.", "code");
        if (batch.Rows<Partner>().Find(new RowKey(row.PartnerId)) is not { Status: "active" })
            return Refusal.Conflict("partner-not-active", "The partner is suspended or closed. Confirm when it is active again.");
        if (NewPerson.Refuse(batch, proof.Identity) is { } refused)
            return refused;
        return Enter(batch, proof, details, row);
    }

    private Outcome<PartnerPerson> Enter(BatchState batch, AddressProof proof, PartnerSignUpDetails details, PartnerPerson row)
    {
        var known = batch.Rows<Identity>().Find(RowKey.Of(proof.Identity));
        var own = known is null ? null : PartnerPeople.OwnOrganization(batch, row, known.PersonId);
        if (own is null && known is not null && NewOrganization.Refuse(batch, known.PersonId, Limits.OrganizationsPerPerson) is { } tooMany)
            return tooMany;
        if (known is null && SignUps.Refuse(batch, details.SignUp.Email, AddressProof.PartnerSignUp) is { } full)
            return full;
        var stated = details.SignUp;
        var person = ConfirmSignUp.EnterPerson(batch, proof, stated, SignUps);
        var actor = new Actor(person.Id, "sign-up");
        var organization =
            own ?? new NewOrganization(stated.Kind, stated.OrganizationName, stated.Country).Make(batch, actor, _ => person.Id);
        if (own is null)
            batch.Table<Holdings>().Of(person.Id).Organizations++;
        PartnerPeople.Activate(batch, actor, row, person.Id, organization, details.Scopes);
        if (own is not null)
            OrganizationChange.Record(batch, actor, own, OrganizationEvents.Updated);
        PartnerPeople.Changed(batch, actor, row, PartnerPersonEvents.Confirmed);
        return row;
    }
}
