using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;

namespace GpuGrants.Api.People;

/// <summary>
/// Makes of a right code a person, an organization and a client. A wrong code is a refusal that leaves one effect: the try is counted in
/// the transaction that answers it, so no number of callers and replicas gets more tries.
/// </summary>
internal sealed class ConfirmSignUp : Command<SignedUpView>
{
    private const string ClientName = "First client";

    public required Guid ProofId { get; init; }

    /// <summary>As it was typed.</summary>
    public required string Code { get; init; }

    public required Proofs Proofs { get; init; }

    public required HoldingOptions Limits { get; init; }

    public required DomainSignUps SignUps { get; init; }

    /// <summary>The code that came with the sign-up, known once the command has decided; null for none.</summary>
    public string? GrantCode { get; private set; }

    public override void PlanAhead(BatchState batch) => batch.Rows<AddressProof>().Want(new RowKey(ProofId));

    public override void Plan(BatchState batch)
    {
        if (!batch.Rows<AddressProof>().TryRead(new RowKey(ProofId), out var proof) || proof is null)
            return;
        NewPerson.Plan(batch, proof.Identity);
        if (Proofs.Read<SignUpDetails>(proof) is not { } details)
            return;
        SignUps.Plan(batch, details.Email, AddressProof.SignUp);
        NewPerson.PlanTerms(batch, proof.Identity, details.TermsIds);
    }

    public override Outcome<SignedUpView> Decide(BatchState batch)
    {
        var at = batch.Tree(Tree).At;
        if (!Proofs.Check(batch, ProofId, AddressProof.SignUp, Code, at).TryGet(out var proof, out var no))
            return no;
        if (Proofs.Read<SignUpDetails>(proof) is not { } details)
            return Proofs.Unreadable();
        return Refuse(batch, proof, details) is { } refused ? refused : Enter(batch, proof, details);
    }

    /// <summary>
    /// The person of a right code: made where the address is new, and counted for its mail domain. It uses the proof, and keeps the age
    /// and the terms that came with the sign-up.
    /// </summary>
    internal static PersonRow EnterPerson(BatchState batch, AddressProof proof, SignUpDetails details, DomainSignUps signUps)
    {
        var isNew = batch.Rows<Identity>().Find(RowKey.Of(proof.Identity)) is null;
        Proofs.Use(batch, proof, batch.Tree(TreeId.Platform).At);
        var person = NewPerson.Enter(batch, proof.Identity, details.Email, details.Name, details.Language);
        if (isNew)
            signUps.Count(batch, details.Email, proof.Purpose);
        StateAge(batch, person, details, isNew);
        NewPerson.AcceptTerms(batch, new Actor(person.Id, "sign-up"), details.TermsIds, isNew);
        return person;
    }

    /// <summary>Whoever stated an older age before keeps what they stated.</summary>
    private static void StateAge(BatchState batch, PersonRow person, SignUpDetails details, bool isNew)
    {
        var before = (person.BirthYear, person.OfAge);
        if (
            AgeRules.State(batch, person, details.BirthYear, details.OfAge) is not null
            || isNew
            || before == (person.BirthYear, person.OfAge)
        )
            return;
        batch.Change(person, batch.Tree(TreeId.Platform).At);
        NewPerson.RecordEvent(batch, person.Id, PersonEvents.Updated);
    }

    private Refusal? Refuse(BatchState batch, AddressProof proof, SignUpDetails details)
    {
        if (NewPerson.Refuse(batch, proof.Identity) is { } refused)
            return refused;
        if (batch.Rows<Identity>().Find(RowKey.Of(proof.Identity)) is not { } known)
            return SignUps.Refuse(batch, details.Email, AddressProof.SignUp);
        return NewOrganization.Refuse(batch, known.PersonId, Limits.OrganizationsPerPerson)
            ?? ClientEndpoints.RefuseMore(batch, known.PersonId, Limits.ClientsPerPrincipal);
    }

    private SignedUpView Enter(BatchState batch, AddressProof proof, SignUpDetails details)
    {
        GrantCode = details.GrantCode;
        var person = EnterPerson(batch, proof, details, SignUps);
        CredentialsView? client = null;
        var organization = new NewOrganization(details.Kind, details.OrganizationName, details.Country).Make(
            batch,
            new Actor(person.Id, "sign-up"),
            made =>
            {
                client = NewPerson.Client(batch, person.Id, made, ClientName, Memberships.ScopesOf(Roles.OrganizationOwner));
                return person.Id;
            }
        );
        batch.Table<Holdings>().Of(person.Id).Organizations++;
        return new SignedUpView
        {
            Person = PersonView.Of(person),
            Organization = OrganizationView.Of(organization),
            Client = client!,
        };
    }
}
