using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.People;
using GpuGrants.Trees;

namespace GpuGrants.Api.People;

/// <summary>The confirmation that a minor has, as commands change it.</summary>
internal static class Confirmations
{
    /// <summary>Wants the person, and the confirmation that holds.</summary>
    public static void Plan(BatchState batch, Guid person)
    {
        if (batch.Rows<PersonRow>().TryRead(new RowKey(person), out var row) && row?.ConfirmationId is { } current)
            batch.Rows<MinorConfirmation>().Want(new RowKey(current));
    }

    /// <summary>Why nobody can confirm for the person; null when somebody can.</summary>
    public static Refusal? Refuse(PersonRow? person, DateTimeOffset at) =>
        person is not { Status: PersonRow.Active }
            ? Refusal.NotFound
            : person.Age.At(at) switch
            {
                AgeStanding.NotStated => Refusal.Conflict(
                    "age-not-stated",
                    "The person has not stated an age. State it first: PATCH /v1/me."
                ),
                AgeStanding.OfAge => Refusal.Conflict("not-a-minor", "The person is of age, and needs no confirmation."),
                _ => null,
            };

    /// <summary>Puts a confirmation in the place of the present one.</summary>
    /// <param name="batch">Has read the person and the present confirmation.</param>
    /// <param name="actor">Who confirms.</param>
    /// <param name="person">The minor.</param>
    /// <param name="made">The new confirmation.</param>
    /// <param name="until">When it counts no more; null for no such end.</param>
    public static void Begin(BatchState batch, Actor actor, PersonRow person, MinorConfirmation made, DateTimeOffset? until = null)
    {
        if (person.ConfirmationId is not null)
            End(batch, actor, person, MinorConfirmation.Replaced);
        batch.Rows<MinorConfirmation>().Insert(made);
        (person.ConfirmationId, person.ConfirmedUntil) = (made.Id, until);
        Changed(batch, actor, person, MinorEvents.Confirmed);
    }

    /// <summary>Ends the confirmation that the person has.</summary>
    public static void End(BatchState batch, Actor actor, PersonRow person, string reason)
    {
        if (batch.Rows<MinorConfirmation>().Find(new RowKey(person.ConfirmationId!.Value)) is { EndedAt: null } row)
        {
            (row.EndedAt, row.EndReason) = (batch.Tree(TreeId.Platform).At, reason);
            batch.Rows<MinorConfirmation>().Update(row);
        }

        (person.ConfirmationId, person.ConfirmedUntil) = (null, null);
        Changed(batch, actor, person, MinorEvents.ConfirmationEnded);
    }

    /// <summary>What the person still asks for is judged again.</summary>
    private static void Changed(BatchState batch, Actor actor, PersonRow person, Events.EventType<PersonData> type)
    {
        batch.Rows<PersonRow>().Update(person);
        batch.Statement<StandingOfPeople>().Refresh(person.Id);
        batch.RecordEvent(TreeId.Platform, actor, type, new PersonData(person.Id));
    }
}
