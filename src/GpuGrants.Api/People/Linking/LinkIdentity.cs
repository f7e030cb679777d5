using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.People.Linking;

/// <summary>Links a subject that is nobody else's, and never was.</summary>
internal sealed class LinkIdentity : Command<LinkedIdentity>
{
    public required Guid PersonId { get; init; }

    public required string Hash { get; init; }

    public required string Issuer { get; init; }

    public required string Subject { get; init; }

    /// <summary>Those of the token that links it, the most that its own tokens may have.</summary>
    public required string[] Scopes { get; init; }

    /// <summary>The most that one person may have linked.</summary>
    public required int Most { get; init; }

    public override void PlanAhead(BatchState batch)
    {
        batch.Table<Holdings>().Want(PersonId);
        batch.Rows<LinkedIdentity>().Want(RowKey.Of(Hash));
        batch.Rows<PersonRow>().Want(new RowKey(PersonId));
        // A revocation in the same batch may unlink it again.
        batch.Rows<Principal>().Want(new RowKey(PersonId));
        batch.Table<RegisteredSubjects>().Want(Issuer, Subject);
    }

    public override void Plan(BatchState batch)
    {
        PlanAhead(batch);
        batch.Table<ClientOrigins>().Plan(Actor);
    }

    public override Outcome<LinkedIdentity> Decide(BatchState batch)
    {
        var at = batch.Tree(Tree).At;
        if (batch.Rows<PersonRow>().Find(new RowKey(PersonId)) is not { Status: PersonRow.Active })
            return Refusal.NotFound;
        var known = batch.Rows<LinkedIdentity>().Find(RowKey.Of(Hash));
        // An administrator may have registered the subject as a principal of its own.
        if (batch.Table<RegisteredSubjects>().Have(batch, Issuer, Subject) || (known is not null && known.PersonId != PersonId))
            return Refusal.Conflict("identity-taken", "This identity cannot be linked to you. Use another one.", "token");
        if (known is { Until: null })
            return Refusal.Conflict("identity-linked", "This identity is linked to you already.", "token");
        var holding = batch.Table<Holdings>().Of(PersonId);
        if (holding.Identities >= Most)
            return Refusal.Conflict("too-many-identities", $"{Most} identities are linked to you, which is the most. Unlink one first.");
        holding.Identities++;
        var row = known ?? New(at);
        (row.Since, row.Until, row.Scopes) = (at, null, Scopes);
        (row.LinkedBy, row.LinkedThrough) = (Actor.MadeBy(), batch.Table<ClientOrigins>().ToKeep(batch, Actor));
        if (known is null)
            batch.Rows<LinkedIdentity>().Insert(row);
        else
            batch.Rows<LinkedIdentity>().Update(row);
        batch.RecordEvent(Tree, Actor, PersonEvents.IdentityLinked, new PersonData(PersonId));
        return row;
    }

    private LinkedIdentity New(DateTimeOffset at) =>
        new()
        {
            Hash = Hash,
            Id = Guid.CreateVersion7(at),
            Issuer = Issuer,
            PersonId = PersonId,
        };
}
