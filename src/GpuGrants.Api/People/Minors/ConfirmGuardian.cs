using GpuGrants.Api.Access;
using GpuGrants.Api.Mail;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.People;

namespace GpuGrants.Api.People.Minors;

/// <summary>
/// A guardian's yes, by a mailed code. A wrong code counts, as in <see cref="ConfirmSignUp"/>. Whether the address may confirm is judged
/// here, and only for whoever has the code: whose address it is may have changed since the code was mailed.
/// </summary>
internal sealed class ConfirmGuardian : Command<MinorConfirmationView>
{
    /// <summary>The version of the consent text that guardians accept: see <see cref="Letters.Guardian"/>.</summary>
    public const string ConsentVersion = "2026-11";

    public required Guid ProofId { get; init; }

    /// <summary>As it was typed.</summary>
    public required string Code { get; init; }

    public required Proofs Proofs { get; init; }

    public required Outbox Outbox { get; init; }

    public required IdentityKey Key { get; init; }

    public override void PlanAhead(BatchState batch) => batch.Rows<AddressProof>().Want(new RowKey(ProofId));

    public override void Plan(BatchState batch)
    {
        if (!batch.Rows<AddressProof>().TryRead(new RowKey(ProofId), out var proof) || proof?.PersonId is not { } person)
            return;
        Confirmations.Plan(batch, person);
        if (batch.Rows<Identity>().TryRead(RowKey.Of(proof.Identity), out var known) && known is not null)
            batch.Rows<PersonRow>().Want(new RowKey(known.PersonId));
    }

    public override Outcome<MinorConfirmationView> Decide(BatchState batch)
    {
        var at = batch.Tree(Tree).At;
        if (!Proofs.Check(batch, ProofId, AddressProof.Guardian, Code, at).TryGet(out var proof, out var no))
            return no;
        var person = batch.Rows<PersonRow>().Find(new RowKey(proof.PersonId!.Value));
        if (Confirmations.Refuse(person, at) is { } refused)
            return refused;
        if (CannotGuard(Owner(batch, proof.Identity), person!.Id, at))
            return Refusal.Conflict("not-a-guardian", "Nobody confirms by this address. Ask by another one.");
        if (Proofs.Read<GuardianDetails>(proof) is not { } details)
            return Proofs.Unreadable();
        Proofs.Use(batch, proof, at);
        var made = new MinorConfirmation
        {
            Id = Guid.CreateVersion7(at),
            PersonId = person.Id,
            Kind = MinorConfirmation.Guardian,
            GuardianHash = proof.Identity,
            ConsentVersion = ConsentVersion,
            ConfirmedAt = at,
        };
        Confirmations.Begin(batch, Actor, person, made);
        var key = KeyOf(Key, made.Id);
        Outbox.Put(batch, Outbox.Seal(Letters.GuardianReceipt(details.Email, details.Language, made.Id, key)), at);
        return MinorConfirmationView.Of(made) with { WithdrawalKey = key };
    }

    /// <summary>Whether an address guards nobody here: it is the minor's own, or that of somebody who is known to be a minor.</summary>
    /// <param name="owner">Whose address it is, or was; null for somebody who is not known.</param>
    /// <param name="minor">Who needs the confirmation.</param>
    /// <param name="at">The moment of the judgement.</param>
    internal static bool CannotGuard(PersonRow? owner, Guid minor, DateTimeOffset at) =>
        owner is not null && (owner.Id == minor || owner.Age.At(at) is AgeStanding.Minor or AgeStanding.Confirmed);

    /// <summary>Ages and addresses change under the lock of the platform's tree, so what holds here holds until the commit.</summary>
    private static PersonRow? Owner(BatchState batch, string identity) =>
        batch.Rows<Identity>().Find(RowKey.Of(identity)) is { } known ? batch.Rows<PersonRow>().Find(new RowKey(known.PersonId)) : null;

    /// <summary>What withdraws a confirmation. It is computed whenever it is needed.</summary>
    internal static string KeyOf(IdentityKey key, Guid confirmation) => key.Of("withdrawal", confirmation.ToString("N"));
}
