using GpuGrants.Api.Access;
using GpuGrants.Api.Mail;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.People.Minors;

/// <summary>A guardian's yes, by a mailed code. A wrong code counts, as in <see cref="ConfirmSignUp"/>.</summary>
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
        if (batch.Rows<AddressProof>().TryRead(new RowKey(ProofId), out var proof) && proof?.PersonId is { } person)
            Confirmations.Plan(batch, person);
    }

    public override Outcome<MinorConfirmationView> Decide(BatchState batch)
    {
        var at = batch.Tree(Tree).At;
        if (!Proofs.Check(batch, ProofId, AddressProof.Guardian, Code, at).TryGet(out var proof, out var no))
            return no;
        var person = batch.Rows<PersonRow>().Find(new RowKey(proof.PersonId!.Value));
        if (Confirmations.Refuse(person, at) is { } refused)
            return refused;
        var details = Proofs.Read<GuardianDetails>(proof);
        Proofs.Use(batch, proof, at);
        var made = new MinorConfirmation
        {
            Id = Guid.CreateVersion7(at),
            PersonId = person!.Id,
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

    /// <summary>What withdraws a confirmation. It is computed whenever it is needed.</summary>
    internal static string KeyOf(IdentityKey key, Guid confirmation) => key.Of("withdrawal", confirmation.ToString("N"));
}
