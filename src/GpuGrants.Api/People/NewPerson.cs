using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Api.Terms;
using GpuGrants.Trees;

namespace GpuGrants.Api.People;

/// <summary>Whom a proved address belongs to: somebody new, somebody who is there, or somebody who returns.</summary>
internal static class NewPerson
{
    /// <summary>What the principal of a person is called where the person is erased or not asked for.</summary>
    private const string PrincipalName = "A person";

    /// <summary>Wants all that <see cref="Enter"/> reads.</summary>
    public static void Plan(BatchState batch, string identity)
    {
        if (!batch.Rows<Identity>().TryRead(RowKey.Of(identity), out var known) || known is null)
            return;
        batch.Rows<Principal>().Want(new RowKey(known.PersonId));
        batch.Rows<PersonRow>().Want(new RowKey(known.PersonId));
        batch.Table<Holdings>().Want(known.PersonId);
    }

    /// <summary>Wants all that <see cref="AcceptTerms"/> reads.</summary>
    public static void PlanTerms(BatchState batch, string identity, IReadOnlyList<Guid> terms)
    {
        if (!batch.Rows<Identity>().TryRead(RowKey.Of(identity), out var known) || known is null)
            return;
        foreach (var one in terms)
            batch.Rows<TermAcceptance>().Want(new RowKey(known.PersonId, one));
    }

    /// <summary>Accepts for the actor's person those terms that the person has not accepted yet.</summary>
    /// <param name="isNew">Whether the person was made in this batch, which has read no acceptance of theirs.</param>
    public static void AcceptTerms(BatchState batch, Actor actor, IReadOnlyList<Guid> terms, bool isNew)
    {
        foreach (var one in terms)
            if (isNew || batch.Rows<TermAcceptance>().Find(new RowKey(actor.Person, one)) is null)
                TermsEndpoints.Accept(batch, actor, one);
    }

    /// <summary>Whether the address may enter; null when it may.</summary>
    public static Refusal? Refuse(BatchState batch, string identity)
    {
        if (batch.Rows<Identity>().Find(RowKey.Of(identity)) is not { } known)
            return null;
        if (known.Until is not null)
            return Refusal.Conflict("address-taken", "The address belonged to somebody who has moved to another one. Use another address.");
        return batch.Rows<Principal>().Find(new RowKey(known.PersonId)) is { Status: "active" }
            ? null
            : new Refusal(RefusalKind.Forbidden, "person-suspended", "An administrator of the platform suspended this person.");
    }

    /// <summary>The person behind the address, made or brought back when it has to be.</summary>
    public static PersonRow Enter(BatchState batch, string identity, string email, string name, string language)
    {
        var at = batch.Tree(TreeId.Platform).At;
        if (batch.Rows<Identity>().Find(RowKey.Of(identity)) is { } known)
            return Again(batch, known.PersonId, email, name, language, at);
        var id = Guid.CreateVersion7(at);
        AddPrincipal(batch, id, at);
        var person = new PersonRow
        {
            Id = id,
            Email = email,
            Name = name,
            Language = language,
            VerifiedAt = at,
            Version = 1,
            CreatedAt = at,
            UpdatedAt = at,
        };
        batch.Rows<PersonRow>().Insert(person);
        batch
            .Rows<Identity>()
            .Insert(
                new Identity
                {
                    Hash = identity,
                    PersonId = id,
                    Since = at,
                }
            );
        batch.Table<Holdings>().Begin(id);
        RecordEvent(batch, id, PersonEvents.Joined);
        return person;
    }

    /// <summary>The principal as which a new person acts. Its name tells nothing of them.</summary>
    public static void AddPrincipal(BatchState batch, Guid person, DateTimeOffset at) =>
        batch
            .Rows<Principal>()
            .Insert(
                new Principal
                {
                    Id = person,
                    PersonId = person,
                    Name = PrincipalName,
                    Status = "active",
                    Version = 1,
                    CreatedAt = at,
                    UpdatedAt = at,
                }
            );

    /// <summary>A code that went to the person's present address came back, so the address takes mail.</summary>
    public static void TakesMail(BatchState batch, Guid id, DateTimeOffset at)
    {
        if (batch.Rows<PersonRow>().Find(new RowKey(id)) is not { MailRefusedAt: not null } person)
            return;
        (person.MailRefusedAt, person.VerifiedAt) = (null, at);
        batch.Change(person, at);
        RecordEvent(batch, id, PersonEvents.Updated);
    }

    /// <summary>A client for the person, whose secret is shown once.</summary>
    public static CredentialsView Client(BatchState batch, Guid person, Guid? organization, string name, string[] scopes)
    {
        var at = batch.Tree(TreeId.Platform).At;
        var (row, secret) = Memberships.NewClient(at, person, organization, name, scopes, person, null);
        batch.Rows<ApiClient>().Insert(row);
        batch.Table<Holdings>().Of(person).Clients++;
        batch.RecordEvent(
            TreeId.Platform,
            new Actor(person, row.ClientId),
            AccessEvents.ClientCreated,
            new ClientData(row.ClientId, organization)
        );
        return new CredentialsView
        {
            ClientId = row.ClientId,
            ClientSecret = secret,
            Scopes = row.Scopes,
        };
    }

    public static void RecordEvent(BatchState batch, Guid person, Events.EventType<PersonData> type) =>
        batch.RecordEvent(TreeId.Platform, new Actor(person, "sign-up"), type, new PersonData(person));

    private static PersonRow Again(BatchState batch, Guid id, string email, string name, string language, DateTimeOffset at)
    {
        var person = batch.Rows<PersonRow>().Find(new RowKey(id))!;
        if (person.Status == PersonRow.Active)
            return person;
        (person.Email, person.Name, person.Language, person.Status, person.VerifiedAt) = (email, name, language, PersonRow.Active, at);
        batch.Change(person, at);
        RecordEvent(batch, id, PersonEvents.Returned);
        return person;
    }
}
