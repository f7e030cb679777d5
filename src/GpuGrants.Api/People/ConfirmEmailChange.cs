using GpuGrants.Api.Access;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.People;

/// <summary>
/// Moves a person to another address when both codes are right. The identity of the earlier address keeps pointing to the person. A wrong
/// code counts, as in <see cref="ConfirmSignUp"/>.
/// </summary>
internal sealed class ConfirmEmailChange : Command<PersonView>
{
    public required Guid ProofId { get; init; }

    public required Guid PersonId { get; init; }

    public required string OldCode { get; init; }

    public required string NewCode { get; init; }

    public required IdentityKey Key { get; init; }

    public required Proofs Proofs { get; init; }

    public override void PlanAhead(BatchState batch)
    {
        batch.Rows<AddressProof>().Want(new RowKey(ProofId));
        batch.Rows<PersonRow>().Want(new RowKey(PersonId));
    }

    public override void Plan(BatchState batch)
    {
        if (batch.Rows<AddressProof>().TryRead(new RowKey(ProofId), out var proof) && proof is not null)
            batch.Rows<Identity>().Want(RowKey.Of(proof.Identity));
        if (batch.Rows<PersonRow>().TryRead(new RowKey(PersonId), out var person) && person?.Email is { } email)
            batch.Rows<Identity>().Want(RowKey.Of(IdentityOf(email)));
    }

    public override Outcome<PersonView> Decide(BatchState batch)
    {
        var at = batch.Tree(Tree).At;
        var proof = batch.Rows<AddressProof>().Find(new RowKey(ProofId));
        if (proof is not null && proof.PersonId != PersonId)
            return Refusal.NotFound;
        if (MailedCode.Refuse(proof, AddressProof.EmailChange, at) is { } over)
            return over;
        // Both are compared, so that a refusal does not tell which one a guesser has.
        var isOldRight = MailedCode.Matches(Key.Of(ProofId, MailedCode.Typed(OldCode)), proof!.OldCodeHash!);
        if (!Proofs.Proves(proof, NewCode) || !isOldRight)
            return MailedCode.CountWrong(batch, proof, "newCode");
        if (batch.Rows<PersonRow>().Find(new RowKey(PersonId)) is not { Status: PersonRow.Active } person)
            return Refusal.NotFound;
        var identities = batch.Rows<Identity>();
        var next = identities.Find(RowKey.Of(proof.Identity));
        if (next is not null && next.PersonId != PersonId)
            return Refusal.Conflict("address-taken", "The address belongs to somebody else. Use another address.", "email");
        if (Proofs.Read<EmailChangeDetails>(proof)?.Email is not { } email)
            return Proofs.Unreadable();
        Proofs.Use(batch, proof, at);
        Move(identities, identities.Find(RowKey.Of(IdentityOf(person.Email!))), next, proof.Identity, at);
        (person.Email, person.VerifiedAt, person.MailRefusedAt) = (email, at, null);
        batch.Change(person, at);
        NewPerson.RecordEvent(batch, PersonId, PersonEvents.Updated);
        return PersonView.Of(person);
    }

    private void Move(BatchRows<Identity> identities, Identity? present, Identity? next, string identity, DateTimeOffset at)
    {
        if (present is not null && present.Hash != identity)
        {
            present.Until = at;
            identities.Update(present);
        }

        if (next is not null)
        {
            next.Until = null;
            identities.Update(next);
            return;
        }

        identities.Insert(
            new Identity
            {
                Hash = identity,
                PersonId = PersonId,
                Since = at,
            }
        );
    }

    private string IdentityOf(string email) => Key.Of(GpuGrants.People.EmailAddress.Parse(email)!);
}
