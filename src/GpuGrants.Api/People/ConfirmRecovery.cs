using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.People;

/// <summary>
/// Gives a client a new secret for a right code. The old one stops at once: whoever lost it does not know who has it. A wrong code counts,
/// as in <see cref="ConfirmSignUp"/>.
/// </summary>
internal sealed class ConfirmRecovery : Command<RecoveredView>
{
    private const string ClientName = "Recovered client";

    public required Guid ProofId { get; init; }

    /// <summary>As it was typed.</summary>
    public required string Code { get; init; }

    /// <summary>The person's client; null when the person has none that is active.</summary>
    public required Guid? Client { get; init; }

    /// <summary>Whether the caller named the client.</summary>
    public required bool IsNamed { get; init; }

    public required Proofs Proofs { get; init; }

    public override void PlanAhead(BatchState batch)
    {
        batch.Rows<AddressProof>().Want(new RowKey(ProofId));
        if (Client is { } client)
            batch.Rows<ApiClient>().Want(new RowKey(client));
    }

    public override void Plan(BatchState batch)
    {
        if (batch.Rows<AddressProof>().TryRead(new RowKey(ProofId), out var proof) && proof is not null)
            NewPerson.Plan(batch, proof.Identity);
        if (Client is { } client)
            batch.Table<SecretMakers>().Plan(batch, client, by: null);
    }

    public override Outcome<RecoveredView> Decide(BatchState batch)
    {
        var at = batch.Tree(Tree).At;
        if (!Proofs.Check(batch, ProofId, AddressProof.Recovery, Code, at).TryGet(out var proof, out var no))
            return no;
        if (
            NewPerson.Refuse(batch, proof.Identity) is not null
            || batch.Rows<Identity>().Find(RowKey.Of(proof.Identity)) is not { } known
            || batch.Rows<PersonRow>().Find(new RowKey(known.PersonId)) is not { Status: PersonRow.Active }
        )
            return Refusal.NotFound;
        if (IsNamed && Client is null)
            return Refusal.Invalid("clientId", "You have no such active client. Leave the member out to recover your oldest one.");
        Proofs.Use(batch, proof, at);
        NewPerson.TakesMail(batch, known.PersonId, at);
        return new RecoveredView { Client = Renew(batch, known.PersonId, at) };
    }

    private CredentialsView Renew(BatchState batch, Guid person, DateTimeOffset at)
    {
        if (
            Client is not { } id
            || batch.Rows<ApiClient>().Find(new RowKey(id)) is not { Status: "active" } row
            || row.PrincipalId != person
            || row.ExpiresAt <= at
        )
            return NewPerson.Client(batch, person, null, ClientName, Memberships.ScopesOf(Roles.OrganizationOwner));
        var (secret, hash) = ClientSecret.Make();
        (row.SecretHash, row.PreviousSecretHash, row.PreviousSecretUntil) = (hash, null, null);
        batch.Table<SecretMakers>().Renew(batch, row, by: null);
        batch.Change(row, at);
        batch.RecordEvent(
            Tree,
            new Actor(person, row.ClientId),
            AccessEvents.ClientRotated,
            new ClientData(row.ClientId, row.OrganizationId)
        );
        return new CredentialsView
        {
            ClientId = row.ClientId,
            ClientSecret = secret,
            Scopes = row.Scopes,
        };
    }
}
